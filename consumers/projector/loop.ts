// The one loop of the projector: takes what waits in all lanes, applies it, and holds deliveries back where too much
// waits. Also states group offsets, a metric of lag that nothing reads back.
import { createCommits } from '../../src/log/commits.ts';
import type { Follower, Pace } from '../../src/log/port.ts';
import { applySlices } from './apply.ts';
import type { Applying } from './apply.ts';
import type { Lane, Slice } from './lane.ts';
import type { ProjectorOptions } from './options.ts';

export interface LoopOptions extends Pick<ProjectorOptions, 'config'> {
  readonly follower: Follower;
  readonly lanes: ReadonlyMap<number, Lane>;
  /** Partitions whose delivery is held back. */
  readonly paused: Set<number>;
  readonly bell: Bell;
  readonly applying: Applying;
}

/** Wakes the one who waits; a ring while nobody waits ends the next wait at once. */
export interface Bell {
  readonly ring: () => void;
  wait(msMax: number): Promise<void>;
}

const commitEveryMs = 1_000;

/** Runs until the signal of `applying` aborts; whoever aborts it rings. */
export async function runLoop(options: LoopOptions): Promise<void> {
  const { applying, lanes, config, bell } = options;
  const offsets = offsetsOf(options);
  for (let turn = 0; !applying.signal.aborted; turn++) {
    const slices = takeSlices([...lanes.values()], config.projectorBatchMax, turn);
    holdBack(options);
    tell(slices, applying);
    if (slices.length > 0) await applySlices(slices, applying);
    else await bell.wait(commitEveryMs);
    offsets.offer(applying.pace.now());
  }
  await offsets.end();
}

export function createBell(pace: Pace): Bell {
  let rung = new AbortController();
  return {
    ring: () => rung.abort(),
    async wait(msMax) {
      await pace.sleep(msMax, rung.signal);
      rung = new AbortController();
    },
  };
}

function tell(slices: readonly Slice[], { events }: Applying): void {
  for (const { records, voids } of slices) events?.projected(records, voids);
}

/** At most `limit` records of all lanes together; who comes first changes with every turn. */
function takeSlices(lanes: readonly Lane[], limit: number, turn: number): readonly Slice[] {
  const slices: Slice[] = [];
  let left = limit;
  for (let i = 0; i < lanes.length && left > 0; i++) {
    const slice = lanes[(i + turn) % lanes.length]?.take(left) ?? null;
    if (slice === null) continue;
    slices.push(slice);
    left -= slice.records;
  }
  return slices;
}

/** Pauses partitions of which too much waits, resumes them when half of it is gone. */
export function holdBack(options: Pick<LoopOptions, 'lanes' | 'paused' | 'follower' | 'config'>): void {
  const { lanes, paused, follower, config } = options;
  for (const [partition, lane] of lanes) {
    if (lane.queued() >= config.projectorQueueMax && !paused.has(partition)) {
      paused.add(partition);
      follower.pause(partition);
    } else if (lane.queued() <= config.projectorQueueMax / 2 && paused.delete(partition)) follower.resume(partition);
  }
}

function offsetsOf({ follower, lanes, applying }: LoopOptions) {
  const commits = createCommits(applying.pace);
  let offeredAt = -Infinity;
  let running: Promise<void> | null = null;

  async function commit(): Promise<void> {
    try {
      const due = [...lanes.values()].map(async ({ partition, marks }) => {
        const next = Math.min(...marks.map((mark) => mark.next));
        if (next > 0 && commits.due(partition, next)) await follower.commit(partition, next);
      });
      await Promise.all(due);
    } catch (error) {
      applying.trouble(error);
    }
  }

  return {
    /** The loop does not wait for it: rows come before a metric. */
    offer(nowMs: number): void {
      if (running !== null || nowMs - offeredAt < commitEveryMs) return;
      offeredAt = nowMs;
      running = commit().finally(() => {
        running = null;
      });
    },
    end: async (): Promise<void> => void (await Promise.all([running, commit()])),
  };
}
