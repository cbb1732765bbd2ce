// CLI room: what becomes of replays in the end: dropped by hand, or when their time is over.
import { dropGeneration } from '../../../consumers/replay/drop.ts';
import type { Kept, Replay } from '../../../projections/replays.ts';
import { listReplays } from '../../../projections/replays.ts';
import { NotActivatable } from '../../../projections/activation.ts';
import type { RowCounts } from '../../../projections/generation-tables.ts';
import type { Projection } from '../../../projections/projection.ts';
import { createPostgresStore } from '../../../projections/store.ts';
import type { ReplayParts } from './parts.ts';

type Pool = ReplayParts['pool'];

/** So many are looked at for those whose time is over. */
const listMax = 1_000;

/** Whether it may be dropped. @throws NotActivatable saying why not */
export function mustBeDroppable(replay: Replay): void {
  if (replay.status === 'active') throw keptBecause(replay, 'active');
  if (replay.worked) throw keptBecause(replay, 'worked');
}

function keptBecause(replay: Replay, why: Kept): NotActivatable {
  const what = `replay ${replay.replayId} of ${replay.projection}`;
  if (why === 'active') return new NotActivatable(`${what} is what everybody reads: activate another one first`);
  if (why === 'worked') return new NotActivatable(`a process works on ${what}: end it first`);
  return new NotActivatable(`${what} was dropped already`);
}

/** Rows that a drop would take away, by table. @throws the driver's error */
export async function rowsOf(pool: Pool, replay: Replay): Promise<RowCounts> {
  const { rows } = await pool.query<{ name: string }>(
    'SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 ORDER BY 1',
    [replay.schema],
  );
  return createPostgresStore(pool).counts({
    ...replay,
    projection: projectionWith(
      replay,
      rows.map(({ name }) => name),
    ),
  });
}

/**
 * Drops tables and checkpoints; the row in the register stays, as `dropped`. What the replay has become since it was looked
 * up is seen.
 * @throws NotActivatable; the driver's error
 */
export async function dropReplay(pool: Pool, replay: Replay): Promise<void> {
  const outcome = await drop(pool, replay);
  if (outcome !== 'dropped') throw keptBecause(replay, outcome);
}

function drop(pool: Pool, replay: Replay): Promise<'dropped' | Kept> {
  return dropGeneration({ pool, store: createPostgresStore(pool) }, replay, projectionWith(replay, []));
}

/** Drops the private ones whose time is over; answers their names. @throws the driver's error */
export async function dropExpired(pool: Pool, now: Date): Promise<readonly string[]> {
  const over = (await listReplays(pool, listMax)).filter(
    ({ expiresAt, worked, status }) => expiresAt !== null && expiresAt <= now && !worked && status !== 'active',
  );
  const dropped: string[] = [];
  // Another worker may be at it as well, or somebody may have gone on with one just now.
  for (const replay of over) if ((await drop(pool, replay)) === 'dropped') dropped.push(replay.name ?? replay.replayId);
  return dropped;
}

/** What the store needs of a projection whose code may be gone. */
function projectionWith(replay: Replay, tables: readonly string[]): Projection {
  return {
    name: replay.projection,
    version: replay.version,
    tables: tables.map((name) => ({ name, doc: '', columns: {}, key: [], indexes: [] })),
    project: () => [],
  };
}
