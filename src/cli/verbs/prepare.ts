// `ledger prepare`: how it is called and what it prints.
import type { Command } from 'commander';
import { readonlyRole } from '../../../projections/readers.ts';
import { prepare } from '../prepare.ts';
import { print, setUp } from './shared.ts';

export function addPrepare(program: Command): void {
  program
    .command('prepare')
    .description('create topics, schemas and tables where they are missing; safe to repeat')
    .option('--json', 'print the result as JSON')
    .action(async ({ json }: { json?: true }) => {
      const done = await prepare(...setUp('warn'));
      if (json === true) return print(done);
      const topics = done.topics_created.length === 0 ? 'all there' : `created ${done.topics_created.join(', ')}`;
      console.log(`ledger ${done.ledger_id} is ready: topics ${topics}, ${done.schemas} schemas, tables up to date`);
      if (done.readers === 'granted') return;
      const make = `CREATE ROLE ${readonlyRole} LOGIN PASSWORD '…'`;
      console.error(
        `warning: DATABASE_URL_READONLY does not work: this user may not make the role. Let an administrator run ${make}, then prepare again.`,
      );
    });
}
