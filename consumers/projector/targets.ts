// Where events go: each active generation that this build knows, with its sink. A generation of another version, or of
// the same version with another meaning, is refused: its rows would be of two minds.
import type { Pool } from 'pg';
import { activeGenerations, definitionHash } from '../../projections/generations.ts';
import type { Generation } from '../../projections/generations.ts';
import type { Projection, Sink } from '../../projections/projection.ts';
import { shipped } from '../../projections/registry.ts';
import { createPostgresSink } from '../../projections/sinks/postgres.ts';
import type { Mirrors } from './mirrors.ts';

/** One generation of one projection. */
export interface Target {
  readonly projection: Projection;
  readonly sink: Sink;
}

export interface Targets {
  readonly targets: readonly Target[];
  readonly refused: readonly string[];
}

/** Gives the targets of this moment; a generation keeps its target. @throws the driver's error; Error where there is none */
export function createTargets(pool: Pool, mirrors?: Pick<Mirrors, 'around'>): () => Promise<Targets> {
  const known = new Map<string, Target>();
  const targetOf = (generation: Generation, projection: Projection): Target => {
    const sink = createPostgresSink(pool, { ...generation, projection });
    return { projection, sink: mirrors?.around(generation, projection, sink) ?? sink };
  };
  return async () => {
    const targets: Target[] = [];
    const refused: string[] = [];
    for (const generation of await activeGenerations(pool)) {
      const found = await match(generation);
      if (typeof found === 'string') {
        refused.push(found);
        continue;
      }
      const target = known.get(generation.schema) ?? targetOf(generation, found);
      known.set(generation.schema, target);
      targets.push(target);
    }
    if (targets.length > 0) return { targets, refused };
    throw new Error(refused.length > 0 ? refused.join('; ') : 'no generation is active: run ledger prepare');
  };
}

async function match({ projection: name, generation, version, ...its }: Generation): Promise<Projection | string> {
  const one = shipped.find(({ projection }) => projection.name === name);
  const what = `generation ${generation} of ${name} (version ${version})`;
  if (one?.projection.version !== version) return `${what} is not known to this build`;
  return (await definitionHash(one)) === its.definitionHash
    ? one.projection
    : `${what} was built by another definition of that version`;
}
