// HTTP room: read your writes. What this instance told anybody about the journal, a later read through it must show.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from '../log/client-port.ts';
import type { Views } from '../../projections/views.ts';

/** Partition to the next offset that a view must have applied. */
export type Positions = ReadonlyMap<number, number>;

export type ProjectionName = Parameters<Views['progress']>[0];

/** A place in the journal that an answer rests on. */
interface Place {
  readonly partition: number;
  readonly offset: number;
}

/** The places that an outcome rests on, one a partition, that of the order or product first. */
export function placesOf({ partition, position, event }: Outcome): readonly Place[] {
  const elsewhere = event.type === 'OrderAccepted' || event.type === 'OrderRefused' ? event.data.rests_on : [];
  return [{ partition, offset: position }, ...elsewhere];
}

/** `Ledger-Position` of an answer. */
export function positionHeader(outcome: Outcome): string {
  return placesOf(outcome)
    .map(({ partition, offset }) => `${partition}:${offset}`)
    .join(',');
}

/** `<partition>:<offset>[,…]`. */
export const positionsPattern = '^\\d{1,5}:\\d{1,15}(?:[ \\t]*,[ \\t]*\\d{1,5}:\\d{1,15})*$';

/**
 * Reads a request's `Ledger-Position`: `<partition>:<offset>[,…]`.
 * @returns for each partition the next offset that must have been applied; null when it is malformed
 */
export function parsePositions(header: string, partitions: number): Positions | null {
  const pairs = header.split(',').map((pair) => /^(\d{1,5}):(\d{1,15})$/.exec(pair.trim()));
  const positions = new Map<number, number>();
  for (const pair of pairs) {
    const partition = Number(pair?.[1] ?? Number.NaN);
    const next = Number(pair?.[2] ?? Number.NaN) + 1;
    if (pair === null || partition >= partitions || pairs.length > partitions) return null;
    positions.set(partition, Math.max(next, positions.get(partition) ?? 0));
  }
  return positions;
}

/** How far each journal partition was seen by this instance. */
export interface SeenPositions {
  /** Next offset that a view must have applied to show all that was seen. */
  next(partition: number): number;
  /** The event at this offset was told to somebody. */
  note(partition: number, offset: number): void;
}

/** `startEnds`: the journal's ends when the instance started. */
export function createSeenPositions(startEnds: ReadonlyMap<number, number>): SeenPositions {
  const seen = new Map(startEnds);
  return {
    next: (partition) => seen.get(partition) ?? 0,
    note: (partition, offset) => {
      if (offset + 1 > (seen.get(partition) ?? 0)) seen.set(partition, offset + 1);
    },
  };
}

/** Waits for views to catch up; all waits of one projection share one poller. */
export interface ViewWaits {
  /**
   * Resolves with whether the projection applied everything below `next` of the partition within `ms`.
   * @throws the error of the view when it cannot be asked
   */
  reached(projection: ProjectionName, partition: number, next: number, ms: number): Promise<boolean>;
}

interface Wait {
  readonly partition: number;
  readonly next: number;
  readonly resolve: (reached: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** `pollMs`: time between two looks at the progress of a projection while somebody waits for it. */
export function createViewWaits(progress: Views['progress'], pollMs: number): ViewWaits {
  const waiting = new Map<ProjectionName, Set<Wait>>();

  async function poll(projection: ProjectionName, waits: ReadonlySet<Wait>): Promise<void> {
    while (waits.size > 0) {
      try {
        const applied = await progress(projection);
        for (const wait of waits) if ((applied.get(wait.partition) ?? 0) >= wait.next) wait.resolve(true);
      } catch (error) {
        for (const wait of waits) wait.reject(error);
      }
      if (waits.size > 0) await sleep(pollMs);
    }
    waiting.delete(projection);
  }

  return {
    reached: (projection, partition, next, ms) => {
      const { promise, resolve, reject } = Promise.withResolvers<boolean>();
      const known = waiting.get(projection);
      const waits = known ?? new Set<Wait>();
      // A view that does not answer at all must not hold the wait beyond its time.
      const timer = setTimeout(() => wait.resolve(false), ms);
      const end = (): void => {
        clearTimeout(timer);
        waits.delete(wait);
      };
      const wait: Wait = {
        partition,
        next,
        resolve: (reached) => (end(), resolve(reached)),
        reject: (error) => (end(), reject(error)),
      };
      waits.add(wait);
      if (known === undefined) {
        waiting.set(projection, waits);
        poll(projection, waits).catch(wait.reject);
      }
      return promise;
    },
  };
}
