// The register of replays in Postgres: one row for every generation that a replay builds, with what was asked for, how
// far it is, and what came out. Status and names are decided here, under one lock.
import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { schemaOf } from './generation-tables.ts';
import { generationsLock } from './generations.ts';
import type { Projection } from './projection.ts';
import { inTransaction } from './transaction.ts';

export const replayStatuses = ['running', 'caught_up', 'active', 'retired', 'failed', 'dropped'] as const;
export type ReplayStatus = (typeof replayStatuses)[number];

/** `[from, to)` of a partition of the journal. */
export interface ReplayRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** What was asked for; null: no limit of that kind. */
export interface ReplayRequest {
  /** As it was given: an ISO 8601 time, or partition:offset[,…]. */
  readonly until: string | null;
  readonly untilMs: number | null;
  readonly types: readonly string[] | null;
  readonly product: string | null;
  /** File of a projection that is none of the shipped ones. */
  readonly file: string | null;
  /** Records a second; 0: as fast as it goes. */
  readonly rate: number;
  /** Of one that a service was asked for, which goes on with it; `activate`: it is read as soon as it has caught up. */
  readonly service?: { readonly activate: boolean };
}

export interface Replay {
  readonly replayId: string;
  readonly lockId: number;
  readonly projection: string;
  readonly generation: number;
  readonly schema: string;
  readonly version: number;
  readonly definitionHash: string;
  /** Of a private one. */
  readonly name: string | null;
  readonly private: boolean;
  readonly status: ReplayStatus;
  readonly error: string | null;
  readonly request: ReplayRequest;
  readonly ranges: readonly ReplayRange[];
  /** Counted events that were read. */
  readonly events: number;
  readonly eventsPerS: number | null;
  readonly startedAt: Date;
  readonly updatedAt: Date;
  readonly finishedAt: Date | null;
  readonly expiresAt: Date | null;
  readonly manifest: object | null;
  /** Next offset by partition. */
  readonly checkpoints: { readonly [partition: string]: number };
  /** Whether a process works on it now. */
  readonly worked: boolean;
}

export interface NewReplay {
  readonly projection: Projection;
  readonly definitionHash: string;
  readonly name: string | null;
  readonly private: boolean;
  readonly request: ReplayRequest;
  readonly ranges: readonly ReplayRange[];
  readonly expiresAt: Date | null;
}

/** First half of the advisory lock that the process holds which works on a replay. */
export const replayLockClass = 72_060;
/** The lock of a process that has just ended its work is free after a moment, ms. */
const workedMsMax = 1_000;
const lockNotAvailable = '55P03';

/** Enters a new replay with the next generation number. @throws NameTaken; the driver's error */
export async function enterReplay(pool: Pool, replay: NewReplay): Promise<Replay> {
  const replayId = randomUUID();
  const { projection } = replay;
  await inTransaction(pool, {}, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [generationsLock]);
    if (replay.name !== null) await mustBeFree(client, replay.name);
    const { rows } = await client.query<{ last: number }>(
      'SELECT coalesce(max(generation), 0) AS last FROM ledger.generations WHERE projection = $1',
      [projection.name],
    );
    const generation = (rows[0]?.last ?? 0) + 1;
    const schema = replay.name === null ? schemaOf(projection, generation) : schemaOfName(replay.name);
    await client.query(
      `INSERT INTO ledger.generations (projection, generation, schema_name, version, definition_hash, status, private)
       VALUES ($1, $2, $3, $4, $5, 'running', $6)`,
      [projection.name, generation, schema, projection.version, replay.definitionHash, replay.private],
    );
    await client.query(
      `INSERT INTO ledger.replays (replay_id, projection, generation, name, request, ranges, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        replayId,
        projection.name,
        generation,
        replay.name,
        JSON.stringify(replay.request),
        JSON.stringify(replay.ranges),
        replay.expiresAt,
      ],
    );
  });
  const entered = await findReplay(pool, replayId);
  if (entered === null) throw new Error(`replay ${replayId} was entered and is not there`);
  return entered;
}

/** Somebody else's replay, or a schema of something else, has the name. */
export class NameTaken extends Error {
  constructor(name: string) {
    super(`the name ${name} is taken; drop what has it, or choose another one`);
    this.name = 'NameTaken';
  }
}

/** The schema of a named replay: its name, as Postgres can take it without quotes. */
export function schemaOfName(name: string): string {
  return name.replaceAll('-', '_');
}

async function mustBeFree(client: PoolClient, name: string): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schemaOfName(name)]);
  const taken = await client.query('SELECT 1 FROM ledger.generations WHERE schema_name = $1', [schemaOfName(name)]);
  if ((rowCount ?? 0) > 0 || (taken.rowCount ?? 0) > 0) throw new NameTaken(name);
}

const columns = `r.replay_id AS "replayId", r.lock_id AS "lockId", r.projection, r.generation, g.schema_name AS schema,
  g.version, g.definition_hash AS "definitionHash", r.name, g.private, g.status, g.error, r.request, r.ranges, r.events,
  r.events_per_s AS "eventsPerS", r.started_at AS "startedAt", r.updated_at AS "updatedAt",
  r.finished_at AS "finishedAt", r.expires_at AS "expiresAt", r.manifest,
  (SELECT coalesce(jsonb_object_agg(c.partition, c.next_offset), '{}') FROM ledger.checkpoints c
   WHERE c.projection = r.projection AND c.generation = r.generation) AS checkpoints,
  EXISTS (SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = ${replayLockClass}
    AND l.objid = r.lock_id AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS worked`;
const from = 'ledger.replays r JOIN ledger.generations g USING (projection, generation)';

/** By id, or by the name of a private one; null where there is none. @throws the driver's error */
export async function findReplay(pool: Pool, idOrName: string): Promise<Replay | null> {
  const { rows } = await pool.query<Replay>(
    `SELECT ${columns} FROM ${from} WHERE r.replay_id = $1 OR (r.name = $1 AND g.status <> 'dropped')`,
    [idOrName],
  );
  return rows[0] ?? null;
}

/** The newest first, without those dropped; `below`: only those with a smaller lock id. @throws the driver's error */
export async function listReplays(
  pool: Pool,
  limit: number,
  { below = null, skip = 0 }: { readonly below?: number | null; readonly skip?: number } = {},
): Promise<readonly Replay[]> {
  const { rows } = await pool.query<Replay>(
    `SELECT ${columns} FROM ${from} WHERE g.status <> 'dropped' AND ($2::integer IS NULL OR r.lock_id < $2)
     ORDER BY r.lock_id DESC LIMIT $1 OFFSET $3`,
    [limit, below, skip],
  );
  return rows;
}

/** Those that services were asked for and that are not done, the oldest first. @throws the driver's error */
export async function runningForServices(pool: Pool): Promise<readonly Replay[]> {
  const { rows } = await pool.query<Replay>(
    `SELECT ${columns} FROM ${from} WHERE g.status = 'running' AND r.request ? 'service' ORDER BY r.lock_id`,
  );
  return rows;
}

/** How many `listReplays` would list. @throws the driver's error */
export async function countReplays(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(`SELECT count(*) AS n FROM ${from} WHERE g.status <> 'dropped'`);
  return rows[0]?.n ?? 0;
}

export interface ReplayNews {
  readonly events?: number;
  readonly eventsPerS?: number;
  readonly ranges?: readonly ReplayRange[];
}

/** Notes progress, for whoever looks. @throws the driver's error */
export async function noteProgress(pool: Pool, replayId: string, news: ReplayNews): Promise<void> {
  const { events = null, eventsPerS = null, ranges } = news;
  await pool.query(
    `UPDATE ledger.replays SET updated_at = now(), events = coalesce($2, events),
       events_per_s = coalesce($3, events_per_s), ranges = coalesce($4, ranges) WHERE replay_id = $1`,
    [replayId, events, eventsPerS, ranges === undefined ? null : JSON.stringify(ranges)],
  );
}

/**
 * Changes the status of a replay that is `running`, `failed` or `caught_up`.
 * @returns false where it is none of these any more
 * @throws the driver's error
 */
export async function noteEnd(
  pool: Pool,
  { projection, generation, replayId }: Pick<Replay, 'projection' | 'generation' | 'replayId'>,
  end: { readonly status: 'running' | 'caught_up' | 'failed'; readonly error?: string; readonly manifest?: object },
): Promise<boolean> {
  return inTransaction(pool, {}, async (client) => {
    const { rowCount } = await client.query(
      `UPDATE ledger.generations SET status = $3, error = $4
       WHERE projection = $1 AND generation = $2 AND status IN ('running', 'failed', 'caught_up')`,
      [projection, generation, end.status, end.error ?? null],
    );
    if (rowCount === 0) return false;
    await client.query(
      `UPDATE ledger.replays SET updated_at = now(), finished_at = CASE WHEN $2 = 'running' THEN NULL ELSE now() END,
         manifest = coalesce($3, manifest) WHERE replay_id = $1`,
      [replayId, end.status, end.manifest === undefined ? null : JSON.stringify(end.manifest)],
    );
    return true;
  });
}

/** Why a generation was not dropped. */
export type Kept = 'active' | 'worked' | 'gone';

/**
 * Marks a generation dropped; its name is free again. Its tables are the store's to drop. Nothing is changed where it is
 * read by now (`active`), a process works on it (`worked`), or somebody else dropped it (`gone`: then its schema may be
 * another replay's by now).
 * @throws the driver's error
 */
export async function noteDropped(
  pool: Pool,
  replay: Pick<Replay, 'projection' | 'generation' | 'lockId'>,
): Promise<'dropped' | Kept> {
  const generation = [replay.projection, replay.generation];
  let outcome: 'dropped' | Kept = 'gone';
  try {
    await inTransaction(pool, { lock_timeout: workedMsMax }, async (client) => {
      await client.query('SELECT pg_advisory_xact_lock($1, $2)', [replayLockClass, replay.lockId]);
      await client.query('SET LOCAL lock_timeout = 0');
      await client.query('SELECT pg_advisory_xact_lock($1)', [generationsLock]);
      const { rows } = await client.query<{ status: ReplayStatus }>(
        'SELECT status FROM ledger.generations WHERE projection = $1 AND generation = $2 FOR UPDATE',
        generation,
      );
      const status = rows[0]?.status ?? 'dropped';
      outcome = status === 'active' ? 'active' : status === 'dropped' ? 'gone' : 'dropped';
      if (outcome !== 'dropped') return;
      // The name of the schema is free for the next one.
      await client.query(
        `UPDATE ledger.generations SET status = 'dropped', schema_name = schema_name || '!' || generation::text
         WHERE projection = $1 AND generation = $2`,
        generation,
      );
      await client.query('UPDATE ledger.replays SET name = NULL WHERE projection = $1 AND generation = $2', generation);
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === lockNotAvailable) return 'worked';
    throw error;
  }
  return outcome;
}
