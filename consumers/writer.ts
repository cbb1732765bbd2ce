// The writer role: takes a share of the partitions and keeps one partition writer for each. Ends the process only when
// a partition makes no progress although the broker answers.
import type { PartitionWriter } from '../src/log/partition-writer.ts';
import type { Follower, LogRecord } from '../src/log/port.ts';
import type { WriterRoleOptions } from './writer/options.ts';
import { createRoster } from './writer/roster.ts';
import { watch } from './writer/watch.ts';

export interface WriterRole {
  status(): ReadonlyMap<number, ReturnType<PartitionWriter<unknown>['status']>>;
  /**
   * Takes commands that a sender of this process saw acknowledged at these offsets, where they are the next ones of a
   * partition that is written here: they need not come back from the broker first.
   */
  offer(partition: number, records: readonly LogRecord[]): void;
  /** Messages of a partition that wait to be sent to others; 0 where it is not written here. */
  messagesWaiting(partition: number): number;
  /** Stops taking commands, finishes the batches in hand, leaves the group, and then takes the last snapshots. */
  stop(): Promise<void>;
}

/** Joins the group of writers. @throws LogError */
export async function startWriterRole<S>(options: WriterRoleOptions<S>): Promise<WriterRole> {
  const stopping = new AbortController();
  let joined: Follower | null = null;
  const roster = createRoster(options, () => joined);
  const follower = await options.log.follow({
    topic: options.commandsTopic,
    group: options.group,
    assignment: 'shared',
    start: roster.start,
    deliver: roster.deliver,
    restMs: roster.restMs,
    lost: roster.lost,
    trouble: options.trouble,
  });
  joined = follower;
  const chores = watch(options, follower, roster.writers, stopping.signal);

  return {
    status: () => new Map([...roster.writers].map(([partition, writer]) => [partition, writer.status()])),
    offer: roster.offer,
    messagesWaiting: (partition) => roster.writers.get(partition)?.status().outbox.messages ?? 0,
    stop: async () => {
      stopping.abort();
      await chores;
      await roster.stopAll();
      const written = [...roster.writers.values()].map((writer) => writer.journal()).filter((one) => one !== null);
      await follower.stop();
      // Whatever was assigned meanwhile is lost by now, and being stopped.
      await roster.stopAll();
      // Others may go on with the partitions already.
      await options.snapshots.stop(written);
    },
  };
}
