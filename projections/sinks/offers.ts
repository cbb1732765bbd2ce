// What waits for Redis: the batches that Postgres has applied, in their order, up to a limit.
import type { Change } from '../projection.ts';

export type Moves = ReadonlyMap<number, { readonly expected: number; readonly next: number }>;

/** What one transaction changed. */
export interface Offer {
  readonly changes: readonly Change[];
  readonly parts: readonly { readonly partition: number; readonly expected: number; readonly next: number }[];
}

export interface Offers {
  put(changes: readonly Change[], moves: Moves): void;
  /** The first ones, as many as one script may take. */
  first(): readonly Offer[];
  /** These first ones need not be kept any longer. */
  done(offers: readonly Offer[]): void;
}

/** A script holds everybody else up. */
const changesPerScript = 5_000;

/** `changesMax`: with more of them all are forgotten; that something is missing shows in the checkpoints. */
export function createOffers(changesMax: number): Offers {
  let waiting: Offer[] = [];
  let changesWaiting = 0;
  return {
    put(changes, moves) {
      changesWaiting += changes.length;
      waiting.push({ changes, parts: [...moves].map(([partition, move]) => ({ partition, ...move })) });
      if (changesWaiting <= changesMax) return;
      waiting = [];
      changesWaiting = 0;
    },
    first() {
      let changes = 0;
      const end = waiting.findIndex((offer, i) => {
        changes += offer.changes.length;
        return i > 0 && changes > changesPerScript;
      });
      return end === -1 ? waiting.slice() : waiting.slice(0, end);
    },
    done(offers) {
      // They may have been forgotten meanwhile.
      if (waiting[0] !== offers[0]) return;
      waiting = waiting.slice(offers.length);
      changesWaiting = waiting.reduce((sum, { changes }) => sum + changes.length, 0);
    },
  };
}
