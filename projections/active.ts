// Which generation is read: taken from one row, remembered shortly, read again at once where its tables are gone.
import type { Pool } from 'pg';
import { activeGenerations } from './generations.ts';
import type { Generation } from './generations.ts';

export interface ActiveSchemas {
  /** Runs a question against the active generation. @throws what it throws, or Error where nothing was prepared */
  ask<T>(projection: string, question: (generation: Generation) => Promise<T>): Promise<T>;
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

  return {
    async ask(projection, question) {
      const generation = await find(projection);
      try {
        return await question(generation);
      } catch (error) {
        if (!(error instanceof GenerationReplaced) && !isGone(error)) throw error;
        reading = null;
        const now = await find(projection);
        if (now.schema === generation.schema) throw error;
        return question(now);
      }
    },
  };
}

async function read(pool: Pool): Promise<ReadonlyMap<string, Generation>> {
  return new Map((await activeGenerations(pool)).map((generation) => [generation.projection, generation]));
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && goneCodes.has(error.code);
}
