// Chores beside the writers: the group's offsets as a metric of lag, and the watchdog of partitions that stand still.
import { createCommits } from '../../src/log/commits.ts';
import type { PartitionWriter } from '../../src/log/partition-writer.ts';
import type { Follower } from '../../src/log/port.ts';
import type { WriterRoleOptions } from './options.ts';

/** Commits progress as a lag metric, and looks for partitions that stand still. */
export async function watch<S>(
  options: WriterRoleOptions<S>,
  follower: Follower,
  writers: ReadonlyMap<number, PartitionWriter<S>>,
  signal: AbortSignal,
): Promise<void> {
  const { pace, log } = options;
  const moved = new Map<number, { progress: number; at: number }>();
  const commits = createCommits(pace);
  while (!signal.aborted) {
    await pace.sleep(options.commitEveryMs, signal);
    await Promise.all([...writers].map(([partition, writer]) => look(partition, writer.status())));
  }

  async function look(partition: number, now: ReturnType<PartitionWriter<S>['status']>) {
    const { progress, queued, status, outbox } = now;
    if (status !== 'writing') return;
    if (commits.due(partition, progress + 1)) await follower.commit(partition, progress + 1);
    const before = moved.get(partition);
    // Where messages pile up it stands still until the broker takes them.
    const isFree = queued > 0 && outbox.messages < options.outboxMax;
    if (before?.progress !== progress || !isFree) moved.set(partition, { progress, at: pace.now() });
    else if (pace.now() - before.at > options.watchdogMs && (await answers(log, options.commandsTopic)))
      options.stuck(partition);
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
