// Which generation is read: taken from one row, remembered shortly, read again at once where its tables are gone.
import type { Pool } from 'pg';
import { activeGenerations } from './generations.ts';
import type { Generation } from './generations.ts';

export interface ActiveSchemas {
  /**
   * Runs a question against the active generation, and again where another one was activated before the answer was
   * there: what the one before has by then may be more than the next one shows for a moment.
   * @throws what the question throws, or Error where nothing was prepared
   */
  ask<T>(projection: string, question: (generation: Generation) => Promise<T>): Promise<T>;
  /** The same for a question that tells itself, by GenerationReplaced, that another generation is read by now. */
  askGuarded<T>(projection: string, question: (generation: Generation) => Promise<T>): Promise<T>;
}

/** The generation is not the one that is read any more: its rows may be older than what was shown from the next one. */
export class GenerationReplaced extends Error {
  constructor() {
    super('another generation is read by now');
    this.name = 'GenerationReplaced';
  }
}

/** At most so long after an activation is the generation before it still read, ms. */
const trustMsMax = 500;
/** So often is a question asked again; nobody activates so many generations during one. */
const attemptsMax = 3;
/** There is no such table, there is no such schema. */
const goneCodes = new Set(['42P01', '3F000']);

export function createActiveSchemas(pool: Pool): ActiveSchemas {
  let reading: Promise<ReadonlyMap<string, Generation>> | null = null;
  let readAt = -Infinity;

  function generations(): Promise<ReadonlyMap<string, Generation>> {
    const now = performance.now();
    if (reading !== null && now - readAt < trustMsMax) return reading;
    readAt = now;
    const started = read(pool);
    reading = started;
    // A failure is told to those who wait for it, and remembered for nobody else.
    started.catch(() => {
      if (reading === started) reading = null;
    });
    return started;
  }

  async function find(projection: string): Promise<Generation> {
    const generation = (await generations()).get(projection);
    if (generation === undefined) throw new Error(`no generation of ${projection} is active: run ledger prepare`);
    return generation;
  }

  async function askGuarded<T>(projection: string, question: (generation: Generation) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const generation = await find(projection);
      try {
        return await question(generation);
      } catch (error) {
        const isReplaced = error instanceof GenerationReplaced;
        if (!isReplaced && !isGone(error)) throw error;
        reading = null;
        if (attempt === attemptsMax) throw error;
        if (!isReplaced && (await find(projection)).schema === generation.schema) throw error;
      }
    }
  }

  return {
    askGuarded,
    ask: (projection, question) =>
      askGuarded(projection, async (generation) => {
        const answer = await question(generation);
        if (!(await isActive(pool, generation))) throw new GenerationReplaced();
        return answer;
      }),
  };
}

async function isActive(pool: Pool, { projection, generation }: Generation): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'is_active',
    text: 'SELECT 1 FROM ledger.active_generations WHERE projection = $1 AND generation = $2',
    values: [projection, generation],
  });
  return (rowCount ?? 0) > 0;
}

async function read(pool: Pool): Promise<ReadonlyMap<string, Generation>> {
  return new Map((await activeGenerations(pool)).map((generation) => [generation.projection, generation]));
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && goneCodes.has(error.code);
}
