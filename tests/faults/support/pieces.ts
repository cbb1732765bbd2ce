// A replay in pieces: its process is killed -9 half-way, again and again, and another one goes on, each with batches of
// another size, until the replay has caught up.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Pool } from 'pg';
import type { TestLedger } from '../../support/ledger.ts';
import { eventually } from '../../support/servers.ts';

export interface Pieces {
  readonly projection: string;
  /** Parts of the journal after which the process is killed, in (0, 1). */
  readonly killAt: readonly number[];
  /** How many changes a transaction has, for each process that works on it. */
  readonly batches: readonly number[];
  /** Records of the journal. */
  readonly records: number;
}

export interface PiecedTogether {
  readonly sha256: string;
  /** Where the checkpoints stood together when each process was killed, in records. */
  readonly killedAt: readonly number[];
}

const main = join(import.meta.dirname, '../../../src/cli/main.ts');
/** So long would a replay take that nobody interrupts: time enough to be met in the middle, s. */
const spreadOverS = 6;
const waitMs = 120_000;

/** @throws Error where it ends before it was killed, or does not catch up */
export async function replayInPieces(ledger: TestLedger, pool: Pool, pieces: Pieces): Promise<PiecedTogether> {
  const { projection, killAt, batches, records } = pieces;
  const name = `pieces-${projection}`;
  const rate = String(Math.max(1, Math.ceil(records / spreadOverS)));
  const start = ['replay', 'start', projection, '--as', name, '--rate', rate, '--json'];
  const killedAt: number[] = [];
  for (const [turn, part] of killAt.entries()) {
    const args = turn === 0 ? start : ['replay', 'resume', name, '--json'];
    const child = spawn(process.execPath, [main, ...args], {
      env: { ...process.env, NODE_OPTIONS: '', ...ledger.env, LEDGER_REPLAY_BATCH_MAX: String(batches[turn] ?? 1) },
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    const isHalfWay = async (): Promise<boolean> =>
      child.exitCode !== null || (await reached(pool, name)) >= part * records;
    await eventually(isHalfWay, { withinMs: waitMs, what: `${projection} at ${Math.round(part * 100)} of 100` });
    if (child.exitCode !== null) throw new Error(`${projection}: it ended with ${child.exitCode} before it was killed`);
    child.kill('SIGKILL');
    await ended;
    killedAt.push(await reached(pool, name));
    // The lock of a process that is gone is let go when Postgres notices.
    await eventually(async () => !(await isWorkedOn(pool, name)), { withinMs: waitMs, what: 'the end of its work' });
  }
  const last = { LEDGER_REPLAY_BATCH_MAX: String(batches[killAt.length] ?? 1) };
  const { code, output } = await ledger.run(['replay', 'resume', name, '--json'], last, waitMs);
  if (code !== 0) throw new Error(`${projection} in pieces: ${output}`);
  return { sha256: manifestsIn(output)[0]?.sha256 ?? '', killedAt };
}

interface Made {
  readonly projection: string;
  readonly sha256: string;
}

/** The manifests in what `ledger replay --json` printed: those of replays that caught up, in their order. */
export function manifestsIn(output: string): readonly Made[] {
  return output.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    const said = JSON.parse(line) as { readonly manifest?: Made | null };
    return said.manifest === undefined || said.manifest === null ? [] : [said.manifest];
  });
}

async function reached(pool: Pool, name: string): Promise<number> {
  const { rows } = await pool.query<{ reached: number }>(
    `SELECT coalesce(sum(c.next_offset), 0)::float8 AS reached FROM ledger.checkpoints c
     JOIN ledger.replays r USING (projection, generation) WHERE r.name = $1`,
    [name],
  );
  return rows[0]?.reached ?? 0;
}

async function isWorkedOn(pool: Pool, name: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `SELECT 1 FROM ledger.replays r JOIN pg_locks l ON l.locktype = 'advisory' AND l.objid = r.lock_id
     WHERE r.name = $1 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [name],
  );
  return (rowCount ?? 0) > 0;
}
