// How long a follower may leave the broker alone. Where this process tells its reader first of all that is new, the
// broker need be asked only now and then, for many records at once.
import type { Pace } from './port.ts';

export interface Leisure {
  /** The broker brought so many records of a partition that the reader did not have. */
  brought(partition: number, records: number): void;
  /** This process told of so many records of a partition, but the broker had been faster. */
  toldLate(partition: number, records: number): void;
  /** Time until the broker should be asked again, ms. */
  restMs(): number;
}

const restMs = 20;
/** After a record that only the broker had, it is asked at once for so long, ms. */
const alertMs = 2_000;

export function createLeisure(pace: Pick<Pace, 'now'>): Leisure {
  /** Of the last delivery of a partition: what nobody here told of so far. */
  const untold = new Map<number, number>();
  let alertAt = -Infinity;
  return {
    brought: (partition, records) => {
      if (records === 0) return;
      // Whoever is late is so by moments, not by a whole delivery.
      if ((untold.get(partition) ?? 0) > 0) alertAt = pace.now();
      untold.set(partition, records);
    },
    toldLate: (partition, records) => {
      untold.set(partition, Math.max(0, (untold.get(partition) ?? 0) - records));
    },
    restMs: () => (pace.now() - alertAt < alertMs ? 0 : restMs),
  };
}
