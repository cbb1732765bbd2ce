// Where events go: each generation that is to be kept up and that this build knows, with its sink. A generation of another
// version, or of the same version with another meaning, is refused: its rows would be of two minds.
import type { Pool } from 'pg';
import { definitionHash, followedGenerations } from '../../projections/generations.ts';
import type { FollowedGeneration } from '../../projections/generations.ts';
import type { Projection, Sink } from '../../projections/projection.ts';
import { shipped } from '../../projections/registry.ts';
import { createPostgresSink } from '../../projections/sinks/postgres.ts';
import type { Mirrors } from './mirrors.ts';

/** One generation of one projection. */
export interface Target {
  readonly projection: Projection;
  readonly generation: number;
  readonly sink: Sink;
  /** Whether it is the one that is read; what befalls another one is no reason to stop. */
  active: boolean;
  /** Whether it was given up: it gets nothing more. */
  spoiled: boolean;
}

export interface Targets {
  readonly targets: readonly Target[];
  readonly refused: readonly string[];
  /** The same for the same generations, whichever of them are read. */
  readonly signature: string;
}

/** Gives the targets of this moment; a generation keeps its target. @throws the driver's error; Error where none is active */
export function createTargets(
  pool: Pool,
  retiredFollowS: number,
  mirrors?: Pick<Mirrors, 'around' | 'keep'>,
): () => Promise<Targets> {
  const known = new Map<string, Target>();
  const targetOf = (one: FollowedGeneration, projection: Projection): Target => {
    const sink = createPostgresSink(pool, { ...one, projection });
    const { generation, active } = one;
    return { projection, generation, active, spoiled: false, sink: mirrors?.around(one, projection, sink) ?? sink };
  };
  return async () => {
    const targets: Target[] = [];
    const refused: string[] = [];
    const followed = await followedGenerations(pool, retiredFollowS);
    for (const one of followed) {
      const found = await match(one);
      if (typeof found === 'string') {
        // Nobody misses rows of a generation that is not read; whoever would go back to it is told then.
        if (one.active) refused.push(found);
        continue;
      }
      const target = known.get(one.schema) ?? targetOf(one, found);
      target.active = one.active;
      known.set(one.schema, target);
      targets.push(target);
    }
    for (const schema of known.keys()) if (!targets.some((one) => known.get(schema) === one)) known.delete(schema);
    await mirrors?.keep(new Set(known.keys()));
    const signature = [
      ...targets.map(({ projection, generation }) => `${projection.name} ${generation}`),
      ...refused,
    ].join();
    if (targets.some(({ active }) => active)) return { targets, refused, signature };
    throw new Error(refused.length > 0 ? refused.join('; ') : 'no generation is active: run ledger prepare');
  };
}

async function match({
  projection: name,
  generation,
  version,
  ...its
}: FollowedGeneration): Promise<Projection | string> {
  const one = shipped.find(({ projection }) => projection.name === name);
  const what = `generation ${generation} of ${name} (version ${version})`;
  if (one?.projection.version !== version) return `${what} is not known to this build`;
  return (await definitionHash(one)) === its.definitionHash
    ? one.projection
    : `${what} was built by another definition of that version`;
}
