// Brings the tables of the ledger itself (checkpoints, generations, API keys) to this release's shape.
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';

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
      dir: fileURLToPath(new URL('./migrations', import.meta.url)),
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
