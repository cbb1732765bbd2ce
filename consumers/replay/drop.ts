// Takes a generation away: its place in the register first, then its tables.
import type { Projection } from '../../projections/projection.ts';
import { noteDropped } from '../../projections/replays.ts';
import type { Kept, Replay } from '../../projections/replays.ts';
import type { ReplayDeps } from './replay.ts';

/**
 * Drops tables and checkpoints; the row in the register stays, as `dropped`.
 * @returns `dropped`, or why nothing was done
 * @throws the driver's error
 */
export async function dropGeneration(
  { pool, store }: Pick<ReplayDeps, 'pool' | 'store'>,
  replay: Replay,
  projection: Projection,
): Promise<'dropped' | Kept> {
  // First the row: nobody may follow or activate what is about to go.
  const outcome = await noteDropped(pool, replay);
  if (outcome === 'dropped') await store.drop({ ...replay, projection });
  return outcome;
}
