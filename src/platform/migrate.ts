// Brings the tables of the ledger itself (checkpoints, generations, API keys) to this release's shape.
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';

const folder = fileURLToPath(new URL('./migrations', import.meta.url));
const connectMsMax = 5_000;
/** For one statement, and for waiting until another process has done the same. */
const statementMsMax = 120_000;

/** Runs the migrations that are missing; two at once wait for each other. @throws the driver's error */
export async function migrate(databaseUrl: string, note: (message: string) => void = () => undefined): Promise<void> {
  // A client of our own, because the runner leaves its own to close itself some time later.
  const dbClient = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'order-ledger',
    connectionTimeoutMillis: connectMsMax,
    statement_timeout: statementMsMax,
    query_timeout: statementMsMax,
    keepAlive: true,
  });
  // The statement in hand rejects as well; without a listener the process would end.
  dbClient.on('error', () => undefined);
  await dbClient.connect();
  try {
    await runner({
      dbClient,
      dir: folder,
      direction: 'up',
      migrationsSchema: 'ledger',
      createMigrationsSchema: true,
      migrationsTable: 'migrations',
      checkOrder: true,
      singleTransaction: true,
      advisoryLockMode: 'wait',
      log: note,
    });
  } finally {
    await dbClient.end();
  }
}

/** Names of the migrations that were not run yet. @throws the driver's error */
export async function missingMigrations(pool: pg.Pool): Promise<readonly string[]> {
  const wanted = (await readdir(folder)).map((file) => file.replace(/\.sql$/, '')).sort();
  const { rows: found } = await pool.query<{ there: boolean }>(
    `SELECT to_regclass('ledger.migrations') IS NOT NULL AS there`,
  );
  if (found[0]?.there !== true) return wanted;
  const { rows } = await pool.query<{ name: string }>('SELECT name FROM ledger.migrations');
  const run = new Set(rows.map(({ name }) => name));
  return wanted.filter((name) => !run.has(name));
}
