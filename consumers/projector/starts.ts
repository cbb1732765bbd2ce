// Where a partition begins: at the lowest checkpoint of all active generations, if the journal still reaches so far.
import type { Checkpoints } from '../../projections/projection.ts';
import { LedgerAlarm } from '../../src/log/alarm.ts';
import type { Ends } from '../../src/log/port.ts';
import { createLane } from './lane.ts';
import type { Lane } from './lane.ts';
import type { ProjectorOptions } from './options.ts';
import type { Target, Targets } from './targets.ts';

/** What every partition's start needs to know; read once for all that start at the same time. */
interface Known {
  readonly checkpoints: readonly { readonly target: Target; readonly checkpoints: Checkpoints }[];
  readonly refused: readonly string[];
  readonly ends: ReadonlyMap<number, Ends>;
}

export interface Starts extends Pick<ProjectorOptions, 'log' | 'journal' | 'decode' | 'logger'> {
  readonly targets: () => Promise<Targets>;
  /** A generation that is not read could not be kept up. */
  readonly spoil: (target: Target, error: Error) => void;
  readonly lanes: Map<number, Lane>;
  readonly wake: () => void;
  /** Hears of every start: which generations were left out. */
  readonly started: (refused: readonly string[]) => void;
  readonly trouble: (error: unknown) => void;
}

/**
 * Makes the function that opens the lane of a partition and answers its first offset. It throws whatever keeps the
 * partition from starting, and may simply be asked again.
 */
export function createStarts(options: Starts): (partition: number, signal: AbortSignal) => Promise<number> {
  const { lanes, trouble } = options;
  let reading: Promise<Known> | null = null;

  async function read(): Promise<Known> {
    const { targets, refused } = await options.targets();
    const checkpoints = await Promise.all(
      targets.map(async (target) => ({ target, checkpoints: await target.sink.checkpoints() })),
    );
    return { checkpoints, refused, ends: await options.log.ends(options.journal) };
  }

  return async (partition, signal) => {
    lanes.get(partition)?.end();
    lanes.delete(partition);
    try {
      reading ??= read().finally(() => {
        reading = null;
      });
      const known = await reading;
      signal.throwIfAborted();
      const marks = known.checkpoints.map(({ target, checkpoints }) => ({
        target,
        next: checkpoints.get(partition) ?? 0,
      }));
      for (const { next } of marks) mustReach(partition, next, known.ends.get(partition));
      lanes.set(partition, createLane({ ...options, partition, marks }));
      options.started(known.refused);
      return Math.min(...marks.map(({ next }) => next));
    } catch (error) {
      if (!signal.aborted) trouble(error);
      throw error;
    }
  };
}

function mustReach(partition: number, next: number, ends: Ends | undefined): void {
  if (ends !== undefined && next >= ends.low && next <= ends.high) return;
  const reach = ends === undefined ? 'is not there' : `reaches from ${ends.low} to ${ends.high}`;
  throw new LedgerAlarm('journal_shrank', partition, `rows stand at offset ${next}, but the journal ${reach}`);
}
