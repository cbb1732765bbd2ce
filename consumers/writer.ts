// The writer role: takes a share of the partitions and keeps one partition writer for each. Ends the process only when
// a partition makes no progress although the broker answers.
import { randomUUID } from 'node:crypto';
import { createPartitionWriter } from '../src/log/partition-writer.ts';
import type { PartitionWriter, PartitionWriterOptions } from '../src/log/partition-writer.ts';
import type { Follower } from '../src/log/port.ts';

export interface WriterRoleOptions<S> extends Omit<
  PartitionWriterOptions<S>,
  'partition' | 'restart' | 'isMember' | 'writerId' | 'alarm' | 'rebuilt'
> {
  /** Commands that a partition may hold before its delivery is paused. */
  readonly queueMax: number;
  readonly watchdogMs: number;
  readonly commitEveryMs: number;
  readonly alarm: (partition: number, alarm: unknown) => void;
  readonly rebuilt: (partition: number, figures: { counted: number; void: number; ms: number }) => void;
  readonly trouble: (error: unknown) => void;
  /** Called once when the watchdog gives up; the process should exit with code 1. */
  readonly stuck: (partition: number) => void;
}

export interface WriterRole {
  status(): ReadonlyMap<number, ReturnType<PartitionWriter['status']>>;
  /** Stops taking commands, finishes the batches in hand, leaves the group. */
  stop(): Promise<void>;
}

/** Joins the group of writers. @throws LogError */
export async function startWriterRole<S>(options: WriterRoleOptions<S>): Promise<WriterRole> {
  const writers = new Map<number, PartitionWriter>();
  const stopping = new AbortController();
  let follower: Follower | null = null;

  const writerOf = (partition: number): PartitionWriter => {
    const known = writers.get(partition);
    if (known !== undefined) return known;
    const made = createPartitionWriter({
      ...options,
      partition,
      writerId: randomUUID(),
      isMember: () => follower?.owned().includes(partition) ?? false,
      restart: () => follower?.restart(partition),
      alarm: (alarm) => options.alarm(partition, alarm),
      rebuilt: (figures) => options.rebuilt(partition, { ...figures }),
    });
    writers.set(partition, made);
    return made;
  };

  follower = await options.log.follow({
    topic: options.commandsTopic,
    group: options.group,
    assignment: 'shared',
    start: (partition, signal) => writerOf(partition).start(signal),
    deliver: (partition, records) => {
      writerOf(partition).deliver(records);
      if (writerOf(partition).status().queued >= options.queueMax) follower?.pause(partition);
    },
    lost: (partition) => {
      const writer = writers.get(partition);
      writers.delete(partition);
      writer?.stop().catch(options.trouble);
    },
    trouble: options.trouble,
  });
  const chores = watch(options, follower, writers, stopping.signal);

  return {
    status: () => new Map([...writers].map(([partition, writer]) => [partition, writer.status()])),
    stop: async () => {
      stopping.abort();
      await chores;
      await Promise.all([...writers.values()].map((writer) => writer.stop()));
      await follower.stop();
    },
  };
}

/** Resumes paused partitions, commits progress as a lag metric, and looks for partitions that stand still. */
async function watch<S>(
  options: WriterRoleOptions<S>,
  follower: Follower,
  writers: ReadonlyMap<number, PartitionWriter>,
  signal: AbortSignal,
): Promise<void> {
  const { pace, log } = options;
  const moved = new Map<number, { progress: number; at: number }>();
  const committed = new Map<number, number>();
  while (!signal.aborted) {
    await pace.sleep(options.commitEveryMs, signal);
    for (const [partition, writer] of writers) {
      const { progress, queued, status } = writer.status();
      if (queued < options.queueMax / 2) follower.resume(partition);
      if (status !== 'writing') continue;
      if (committed.get(partition) !== progress) {
        committed.set(partition, progress);
        await follower.commit(partition, progress + 1);
      }
      const before = moved.get(partition);
      if (before?.progress !== progress || queued === 0) moved.set(partition, { progress, at: pace.now() });
      else if (pace.now() - before.at > options.watchdogMs && (await answers(log, options.commandsTopic)))
        options.stuck(partition);
    }
  }
}

async function answers(log: WriterRoleOptions<unknown>['log'], topic: string): Promise<boolean> {
  try {
    await log.ends(topic);
    return true;
  } catch {
    // The broker is away: standing still is what a writer should do.
    return false;
  }
}
