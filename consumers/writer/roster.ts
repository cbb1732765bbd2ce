// The partition writers of this process: made when a partition is assigned, stopped when it is lost, held back when
// they have enough to do.
import { randomUUID } from 'node:crypto';
import { createPartitionWriter } from '../../src/log/partition-writer.ts';
import type { PartitionWriter } from '../../src/log/partition-writer.ts';
import { createLeisure } from '../../src/log/leisure.ts';
import type { FollowOptions, Follower, LogRecord } from '../../src/log/port.ts';
import type { WriterRoleOptions } from './options.ts';

export interface Roster<S> extends Required<Pick<FollowOptions, 'start' | 'deliver' | 'lost' | 'restMs'>> {
  readonly writers: ReadonlyMap<number, PartitionWriter<S>>;
  /** Commands that a sender of this process saw acknowledged; see `Writer.offer`. */
  offer(partition: number, records: readonly LogRecord[]): void;
  /** Lets every writer finish the batch in hand; resolves when none is at work. */
  stopAll(): Promise<void>;
}

/** `follower` is asked when it is needed: the first partitions are assigned before it is there. */
export function createRoster<S>(options: WriterRoleOptions<S>, follower: () => Follower | null): Roster<S> {
  const writers = new Map<number, PartitionWriter<S>>();
  const paused = new Set<number>();
  const leisure = createLeisure(options.pace);
  const stops = createStops(options.trouble);

  function resume(partition: number): void {
    if (paused.delete(partition)) follower()?.resume(partition);
  }

  function offer(partition: number, records: readonly LogRecord[]): void {
    // One that is held back has enough to do, and gets them from the broker later.
    if (!paused.has(partition)) leisure.toldLate(partition, writers.get(partition)?.offer(records) ?? 0);
  }

  function lost(partition: number): void {
    const writer = writers.get(partition);
    writers.delete(partition);
    paused.delete(partition);
    if (writer !== undefined) stops.stop(writer);
  }

  function writerOf(partition: number): PartitionWriter<S> {
    const known = writers.get(partition);
    if (known !== undefined) return known;
    const made = createPartitionWriter({
      ...options,
      partition,
      writerId: randomUUID(),
      landed: offer,
      isMember: () => follower()?.owned().includes(partition) ?? false,
      restart: () => follower()?.restart(partition),
      alarm: (alarm) => options.alarm(partition, alarm),
      rebuilt: (figures) => options.rebuilt(partition, figures),
      events: {
        ...options.events,
        appended: (batch) => {
          options.events.appended(batch);
          if (made.status().queued < options.queueMax / 2) resume(partition);
        },
      },
    });
    writers.set(partition, made);
    return made;
  }

  return {
    writers,
    start: async (partition, signal) => {
      const next = await writerOf(partition).start(signal);
      resume(partition);
      return next;
    },
    deliver: (partition, records) => {
      const writer = writerOf(partition);
      leisure.brought(partition, writer.deliver(records));
      if (writer.status().queued < options.queueMax) return;
      paused.add(partition);
      follower()?.pause(partition);
    },
    restMs: leisure.restMs,
    offer,
    lost,
    stopAll: async () => {
      for (const writer of writers.values()) stops.stop(writer);
      await stops.all();
    },
  };
}

interface Stops {
  stop(writer: { stop(): Promise<void> }): void;
  /** Resolves when all that were told to stop have stopped. */
  all(): Promise<unknown>;
}

function createStops(trouble: (error: unknown) => void): Stops {
  const stops = new Set<Promise<void>>();
  return {
    stop: (writer) => {
      const stopped = writer.stop().catch(trouble);
      stops.add(stopped);
      void stopped.then(() => stops.delete(stopped));
    },
    all: () => Promise.all(stops),
  };
}
