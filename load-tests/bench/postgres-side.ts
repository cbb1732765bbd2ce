// The baseline's database and processes: made for one run of the bench on the Postgres of the ledger, dropped after it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createHash, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { endProcess, processOf } from '../../stack/processes.ts';
import { plainEnvironment } from '../../stack/run.ts';
import { baselineSchema } from './baseline-schema.ts';
import type { RowKind } from './options.ts';
import { orderKinds, rowKinds } from './options.ts';
import type { Target } from './wrk.ts';

const stopMsMax = 5_000;
const statementMsMax = 60_000;
const plenty = 1_000_000_000_000;
const program = fileURLToPath(new URL('./baseline.ts', import.meta.url));

export interface Baseline {
  readonly target: Target;
  readonly pid: number;
  close(): Promise<void>;
}

export interface PostgresSide {
  /** Starts the service with so many connections to Postgres. */
  start(pool: number): Promise<Baseline>;
  /** What Postgres says of itself. */
  readonly settings: { readonly [name: string]: string };
  /** Units ordered by kind of product, and what is held: they must be equal. @throws Error when they are not */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** Makes the database; `stock` is on hand of every product. */
export async function openPostgres(databaseUrl: string, prefix: string, stock = plenty): Promise<PostgresSide> {
  const database = `bench_${randomBytes(6).toString('hex')}`;
  await statements(databaseUrl, [`CREATE DATABASE ${database}`]);
  const url = new URL(databaseUrl);
  url.pathname = `/${database}`;
  const apiKey = `ol_${randomBytes(32).toString('base64url')}`;
  const running = new Set<Baseline>();
  await statements(url.href, [baselineSchema]);
  await load(url.href, { apiKey, prefix, stock });
  return {
    settings: await settingsOf(url.href),
    start: async (pool) => {
      const baseline = await startBaseline(url.href, pool, { apiKey, prefix });
      running.add(baseline);
      return { ...baseline, close: () => baseline.close().finally(() => running.delete(baseline)) };
    },
    check: () => check(url.href),
    close: async () => {
      await Promise.all([...running].map((one) => one.close()));
      await statements(databaseUrl, [`DROP DATABASE ${database} WITH (FORCE)`]);
    },
  };
}

async function startBaseline(
  databaseUrl: string,
  pool: number,
  { apiKey, prefix }: Omit<Target, 'url'>,
): Promise<Baseline> {
  const child = spawn(process.execPath, [program], {
    env: { ...plainEnvironment(), NODE_ENV: 'production', DATABASE_URL: databaseUrl, BASELINE_POOL: String(pool) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the baseline ended with ${String(code)}`);
  });
  const lines = createInterface(child.stdout);
  const [url] = (await Promise.race([once(lines, 'line'), ended])) as [string];
  // From here on its end is either asked for or shows as requests without an answer.
  ended.catch(() => undefined);
  const pid = child.pid ?? 0;
  const id = processOf(pid);
  return {
    target: { url, apiKey, prefix },
    pid,
    close: async () => {
      if (id !== undefined) await endProcess(id, 'SIGTERM', stopMsMax);
    },
  };
}

async function load(
  databaseUrl: string,
  { apiKey, prefix, stock }: { readonly apiKey: string; readonly prefix: string; readonly stock: number },
): Promise<void> {
  const products = (kind: RowKind): string =>
    `INSERT INTO products SELECT '${prefix}-${kind}-' || n, 1999, 'USD', ${stock}
       FROM generate_series(1, ${orderKinds[kind].products}) n`;
  const hash = createHash('sha256').update(apiKey).digest('hex');
  await statements(databaseUrl, [
    ...rowKinds.filter((kind) => orderKinds[kind].sides.includes('postgres')).map(products),
    `INSERT INTO api_keys VALUES ('\\x${hash}', 'bench', 'bench')`,
    'VACUUM ANALYZE products',
  ]);
}

async function check(databaseUrl: string): Promise<void> {
  const wrong = await statements(databaseUrl, [
    `SELECT 1 FROM products LEFT JOIN (SELECT product_id, sum(quantity) AS ordered FROM order_lines GROUP BY 1) lines
       USING (product_id) WHERE held <> coalesce(ordered, 0)`,
  ]);
  if (wrong.length > 0) throw new Error(`the baseline holds what nobody ordered, for ${wrong.length} products`);
}

async function settingsOf(databaseUrl: string): Promise<{ readonly [name: string]: string }> {
  const rows = await statements(databaseUrl, [
    `SELECT name, setting FROM pg_settings
       WHERE name IN ('server_version', 'fsync', 'synchronous_commit', 'shared_buffers', 'wal_sync_method')`,
  ]);
  return Object.fromEntries(rows.map((row) => [String(row['name']), String(row['setting'])]));
}

/** Runs them on one connection; answers the rows of the last. */
async function statements(
  databaseUrl: string,
  texts: readonly string[],
): Promise<readonly { readonly [column: string]: unknown }[]> {
  const client = new pg.Client({ connectionString: databaseUrl, statement_timeout: statementMsMax });
  await client.connect();
  try {
    let rows: readonly { readonly [column: string]: unknown }[] = [];
    for (const text of texts) ({ rows } = await client.query<{ [column: string]: unknown }>(text));
    return rows;
  } finally {
    await client.end();
  }
}
