// `ledger config`: how it is called and what it prints.
import type { Command } from 'commander';
import { ConfigError, readSettings } from '../../platform/config.ts';
import { withoutSecrets } from '../secrets.ts';
import { table } from '../table.ts';
import { print } from './shared.ts';

const help = `
Where a value is from: the environment, .run/env (written by make up, read by bin/ledger where the environment is
silent), or the default. Passwords are not shown.

Examples:
  ledger config
  LEDGER_PARTITIONS=16 ledger config --json

Exit codes: 0 all settings are acceptable, 2 some are not.`;

export function addConfig(program: Command): void {
  program
    .command('config')
    .description('show every setting in force, and where it is from')
    .option('--json', 'print the settings as JSON')
    .addHelpText('after', help)
    .action(({ json }: { json?: true }) => {
      const all = readSettings();
      const shown = all.map(({ variable, text, from, fault }) => {
        const value = text === undefined ? null : variable.endsWith('_SECRET') ? '***' : withoutSecrets(text);
        return { variable, value, from, fault };
      });
      if (json === true) print(shown);
      else console.log(table(shown.map(({ variable, value, from }) => [variable, from, value ?? ''])).join('\n'));
      const faults = all.flatMap(({ fault }) => (fault === null ? [] : [fault]));
      if (faults.length > 0) throw new ConfigError(faults);
    });
}
