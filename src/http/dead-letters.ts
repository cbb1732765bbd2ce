// HTTP room: dead letters as operators handle them: read from their table, retried and discarded by records on their
// topic, which the worker that parked them follows.
import type { Pool } from 'pg';
import type { DeadLetterFilter } from '../../projections/dead-letters/queries.ts';
import {
  countParked,
  deadLettersProgress,
  findDeadLetter,
  listDeadLetters,
  parkedDeadLetters,
} from '../../projections/dead-letters/queries.ts';
import type { Listed, Paging } from '../../projections/views.ts';
import type { DeadLetter, LetterRecord } from '../../schemas/dead-letters.ts';
import type { Pace } from '../log/port.ts';

/** What somebody wants done with parked letters. */
export interface Wish {
  readonly kind: 'retry' | 'discard';
  /** Who asks. */
  readonly actor: string;
  readonly reason: string | null;
}

/** Every method may reject with the error of the database driver or LogError. */
export interface DeadLetters {
  /** Newest first. @throws CursorError */
  list(filter: DeadLetterFilter, paging: Paging): Promise<Listed<DeadLetter>>;
  find(id: string): Promise<DeadLetter | null>;
  /** How many are parked, of one consumer where it is named. */
  count(consumer: string | null): Promise<number>;
  /** Asks for one; answers it as it is shown afterwards, or null where it is not parked. */
  wishOne(wish: Wish, letter: DeadLetter): Promise<DeadLetter | null>;
  /** Asks for all that are parked, at most 10,000 at a time; answers how many those were. */
  wishAll(wish: Wish, consumer: string | null): Promise<number>;
}

export interface DeadLettersOptions {
  readonly pool: Pool;
  /** Puts records on the topic; answers the offset after the last one. @throws LogError */
  readonly append: (records: readonly LetterRecord[]) => Promise<number>;
  readonly pace: Pace;
  /** How long an answer waits until the table shows what was asked for, ms. */
  readonly viewWaitMsMax: number;
}

const wishesMax = 10_000;
const lookAgainMs = 10;

export function createDeadLetters({ pool, append, pace, viewWaitMsMax }: DeadLettersOptions): DeadLetters {
  async function ask(wish: Wish, letters: readonly DeadLetter[]): Promise<void> {
    const records = letters.flatMap((letter) => recordOf(wish, letter));
    if (records.length === 0) return;
    const next = await append(records);
    for (const until = pace.now() + viewWaitMsMax; pace.now() < until;) {
      if ((await deadLettersProgress(pool)) >= next) return;
      await pace.sleep(lookAgainMs);
    }
  }

  return {
    list: (filter, paging) => listDeadLetters(pool, filter, paging),
    find: (id) => findDeadLetter(pool, id),
    count: (consumer) => countParked(pool, consumer),
    wishOne: async (wish, letter) => {
      if (letter.status !== 'parked') return null;
      await ask(wish, [letter]);
      return (await findDeadLetter(pool, letter.dead_letter_id)) ?? letter;
    },
    wishAll: async (wish, consumer) => {
      const letters = await parkedDeadLetters(pool, consumer, wishesMax);
      await ask(wish, letters);
      return letters.length;
    },
  };
}

/** Only what a worker parked for an order can be asked for. */
function recordOf({ kind, actor, reason }: Wish, letter: DeadLetter): LetterRecord[] {
  const { dead_letter_id, consumer, order_id, partition } = letter;
  return order_id === null ? [] : [{ kind, dead_letter_id, consumer, order_id, partition, actor, reason }];
}
