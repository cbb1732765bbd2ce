// `ledger serve`: how it is called, and how the process ends.
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Config } from '../../platform/config.ts';
import type { Logger } from '../../platform/logger.ts';
import { onShutdown } from '../../platform/shutdown.ts';
import type { RoleName } from '../roles.ts';
import { roleNames } from '../roles.ts';
import { serve } from '../serve.ts';
import { parseList, setUp } from './shared.ts';

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('run the service')
    .addOption(
      new Option('--roles <list>', `roles of this process, comma separated: ${roleNames.join(', ')}`)
        .argParser((text: string): ReadonlySet<RoleName> => new Set(parseList(text, roleNames)))
        .default(new Set(roleNames), 'all of them'),
    )
    .addHelpText(
      'after',
      '\nExample: one process for orders, one for the views\n  ledger serve --roles api,writer\n  PORT=3001 ledger serve --roles projector',
    )
    .action(async ({ roles }: { roles: ReadonlySet<RoleName> }) => runService(...setUp(), roles));
}

async function runService(config: Config, logger: Logger, roles: ReadonlySet<RoleName>): Promise<void> {
  const starting = new AbortController();
  let stop = (): Promise<void> => Promise.resolve(starting.abort());
  const end = onShutdown(config, logger, () => stop());
  const giveUp = (why: string): void => {
    logger.fatal({ why }, 'the process gives up');
    end();
  };
  const serving = await serve(config, logger, roles, giveUp, starting.signal);
  stop = serving.stop;
  logger.info({ url: serving.url, roles: [...roles] }, 'serving');
}
