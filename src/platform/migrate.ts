// Brings the tables of the ledger itself (checkpoints, generations, API keys) to this release's shape.
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';

/** Runs the migrations that are missing; two at once wait for each other. @throws the driver's error */
export async function migrate(databaseUrl: string, note: (message: string) => void = () => undefined): Promise<void> {
  await runner({
    databaseUrl,
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
}
