// Answers that may be given again, in Redis under the name of the generation that gave them. A cache and nothing else:
// without Redis, or where an entry makes no sense, the view is asked.
import type { Redis } from 'ioredis';

/** An answer, and when it was read from the view, ms since the epoch. */
export interface Remembered<T> {
  readonly value: T;
  readonly as_of: number;
}

export interface AnswerCache {
  /** The answer under a name where it is not older than `ageMsMax`, else what `ask` gives. @throws what `ask` throws */
  ask<T>(
    name: string,
    ageMsMax: number,
    ask: () => Promise<{
      readonly value: T;
      /** For how long it is kept, ms; 0: not at all. */ readonly keepMs: number;
    }>,
  ): Promise<Remembered<T>>;
}

export interface AnswerCacheOptions {
  readonly redis: Redis;
  /** First part of the keys: one generation of one ledger. */
  readonly base: string;
  /** ms since the epoch */
  readonly now: () => number;
}

/** Grows when the shape of an answer changes, so that no release reads what another one wrote. */
const shape = 1;

export function createAnswerCache({ redis, base, now }: AnswerCacheOptions): AnswerCache {
  const keyOf = (name: string): string => `${base}:answers:${shape}:${name}`;

  async function find<T>(name: string, ageMsMax: number): Promise<Remembered<T> | null> {
    try {
      const text = await redis.get(keyOf(name));
      if (text === null) return null;
      const found = JSON.parse(text) as Remembered<T>;
      return now() - found.as_of <= ageMsMax ? found : null;
    } catch {
      return null;
    }
  }

  async function keep<T>(name: string, answer: Remembered<T>, keepMs: number): Promise<void> {
    try {
      await redis.set(keyOf(name), JSON.stringify(answer), 'PX', keepMs);
    } catch {
      // The next one who asks asks the view.
    }
  }

  return {
    ask: async <T>(name: string, ageMsMax: number, ask: Parameters<AnswerCache['ask']>[2]) => {
      const known = ageMsMax > 0 ? await find<T>(name, ageMsMax) : null;
      if (known !== null) return known;
      const { value, keepMs } = await ask();
      const answer = { value: value as T, as_of: now() };
      if (keepMs > 0) await keep(name, answer, keepMs);
      return answer;
    },
  };
}
