// Changes which generation is read. The new one must be at or past the old one's offsets at the moment of the change, so
// that no read goes back; the old one's checkpoints are held still while that is compared.
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import type { Generation } from './generations.ts';
import { activeGenerations, generationsLock } from './generations.ts';
import { ensureLiveViews } from './live-views.ts';
import type { Checkpoints } from './projection.ts';
import type { Shipped } from './registry.ts';
import { inTransaction } from './transaction.ts';

export interface ActivationOptions {
  readonly shipped: readonly Shipped[];
  /** How long to wait until the new generation is at or past the old one, ms. */
  readonly waitMsMax: number;
  readonly signal: AbortSignal;
  readonly lacking?: Lacking;
}

/**
 * What the new generation lacks elsewhere of these offsets of the old one, which is held still meanwhile; null where it
 * lacks nothing.
 */
export type Lacking = (old: Checkpoints) => Promise<string | null>;

/** For views that are being read; then they follow later, ms. */
const viewsWaitMsMax = 5_000;
/** How long the old generation is held still to be overtaken, ms: reads of it go on, its projector waits. */
const holdMsMax = 200;
const pollMs = 10;
const pauseMs = 50;

/** The generation cannot be read from now on; the message says why. */
export class NotActivatable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotActivatable';
  }
}

/** What an activation did. */
export interface Activation {
  /** The number of the generation before; null where there was none. */
  readonly before: number | null;
  /** Why views of schema `live` show the one before for now; a projector replaces them. Null where they follow already. */
  readonly warning: string | null;
}

/**
 * Activates a generation and retires the one before; then the views of schema `live` follow, those that are being read
 * later on. Activating the active one changes nothing.
 * @throws NotActivatable; the driver's error; the signal's reason
 */
export async function activate(
  pool: Pool,
  projection: string,
  generation: number,
  { shipped, waitMsMax, signal, lacking = () => Promise.resolve(null) }: ActivationOptions,
): Promise<Activation> {
  const started = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const outcome = await attempt(pool, projection, generation, lacking);
    if (outcome.kind === 'active') return { before: outcome.before, warning: await replaceViews(pool, shipped) };
    if (performance.now() - started > waitMsMax) {
      const text = `generation ${generation} of ${projection} is behind the active one (${outcome.behind}); is a projector running?`;
      throw new NotActivatable(text);
    }
    await pause(pauseMs, undefined, { signal });
  }
}

/** Whatever befalls the views, the activation stands; answers what is left to be done. */
async function replaceViews(pool: Pool, shipped: readonly Shipped[]): Promise<string | null> {
  try {
    const busy = await ensureLiveViews(pool, shipped, await activeGenerations(pool), viewsWaitMsMax);
    if (busy.length === 0) return null;
    return `a query is open on ${busy.join(', ')}: a projector lets them follow when it is over`;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `views of schema live were not replaced, a projector tries again: ${why}`;
  }
}

/** A generation that was replaced. */
export interface RetiredGeneration extends Generation {
  /** Whether it was replaced so lately that projectors of its definition have followed it since. */
  readonly followed: boolean;
}

/** The newest generation that was replaced; it is followed for `retiredFollowS` seconds. @throws the driver's error */
export async function generationBefore(
  pool: Pool,
  projection: string,
  retiredFollowS: number,
): Promise<RetiredGeneration | null> {
  const { rows } = await pool.query<RetiredGeneration>(
    `SELECT projection, generation, schema_name AS schema, version, definition_hash AS "definitionHash",
       retired_at > now() - $2 * interval '1 second' AS followed
     FROM ledger.generations WHERE projection = $1 AND status = 'retired' ORDER BY retired_at DESC LIMIT 1`,
    [projection, retiredFollowS],
  );
  return rows[0] ?? null;
}

type Outcome =
  { readonly kind: 'active'; readonly before: number | null } | { readonly kind: 'stale'; readonly behind: string };

async function attempt(pool: Pool, projection: string, generation: number, lacking: Lacking): Promise<Outcome> {
  let behind = '';
  const outcome = await inTransaction<Outcome | 'stale'>(pool, {}, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [generationsLock]);
    const before = await activeNumber(client, projection);
    if (before === generation) return { kind: 'active', before };
    await mustBeReadable(client, projection, generation);
    if (before !== null) {
      const lag = await overtaken(client, projection, before, generation, lacking);
      if (lag !== null) {
        behind = lag;
        return 'stale';
      }
    }
    await change(client, projection, before, generation);
    return { kind: 'active', before };
  });
  return outcome === 'stale' ? { kind: 'stale', behind } : outcome;
}

async function activeNumber(client: PoolClient, projection: string): Promise<number | null> {
  const { rows } = await client.query<{ generation: number }>(
    'SELECT generation FROM ledger.active_generations WHERE projection = $1 FOR UPDATE',
    [projection],
  );
  return rows[0]?.generation ?? null;
}

async function mustBeReadable(client: PoolClient, projection: string, generation: number): Promise<void> {
  const { rows } = await client.query<{ status: string; private: boolean }>(
    'SELECT status, private FROM ledger.generations WHERE projection = $1 AND generation = $2 FOR UPDATE',
    [projection, generation],
  );
  const what = `generation ${generation} of ${projection}`;
  const [row] = rows;
  if (row === undefined) throw new NotActivatable(`there is no ${what}`);
  if (row.private) throw new NotActivatable(`${what} is private: a named or bounded replay is to be queried only`);
  if (row.status !== 'caught_up' && row.status !== 'retired') {
    throw new NotActivatable(`${what} is ${row.status}; only one that is caught_up or retired can be activated`);
  }
}

/** Holds the old generation's checkpoints still until the new one's are at or past them; else says what lacks. */
async function overtaken(
  client: PoolClient,
  projection: string,
  old: number,
  now: number,
  lacking: Lacking,
): Promise<string | null> {
  const { rows: held } = await client.query<{ partition: number; next: number }>(
    `SELECT partition, next_offset AS next FROM ledger.checkpoints WHERE projection = $1 AND generation = $2
     ORDER BY partition FOR UPDATE`,
    [projection, old],
  );
  const stand = new Map(held.map(({ partition, next }) => [partition, next]));
  const started = performance.now();
  for (;;) {
    const behind = (await behindIn(client, projection, old, now)) ?? (await lacking(stand));
    if (behind === null || performance.now() - started > holdMsMax) return behind;
    await pause(pollMs);
  }
}

async function behindIn(client: PoolClient, projection: string, old: number, now: number): Promise<string | null> {
  const { rows } = await client.query<{ partition: number; old: number; now: number }>(
    `SELECT o.partition, o.next_offset AS old, coalesce(n.next_offset, 0) AS now
     FROM ledger.checkpoints o LEFT JOIN ledger.checkpoints n
       ON n.projection = o.projection AND n.generation = $3 AND n.partition = o.partition
     WHERE o.projection = $1 AND o.generation = $2 AND coalesce(n.next_offset, 0) < o.next_offset`,
    [projection, old, now],
  );
  const [first] = rows;
  return first === undefined ? null : `partition ${first.partition} is at ${first.now}, the active one at ${first.old}`;
}

async function change(
  client: PoolClient,
  projection: string,
  before: number | null,
  generation: number,
): Promise<void> {
  if (before !== null) {
    await client.query(
      `UPDATE ledger.generations SET status = 'retired', retired_at = now() WHERE projection = $1 AND generation = $2`,
      [projection, before],
    );
  }
  await client.query(
    `UPDATE ledger.generations SET status = 'active', retired_at = NULL WHERE projection = $1 AND generation = $2`,
    [projection, generation],
  );
  await client.query(
    `INSERT INTO ledger.active_generations (projection, generation) VALUES ($1, $2)
     ON CONFLICT (projection) DO UPDATE SET generation = excluded.generation`,
    [projection, generation],
  );
}
