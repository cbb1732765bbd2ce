// `ledger <verb>`: the commands of the program. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { permissions, roles as keyRoles } from '../http/api-keys.ts';
import type { Permission, Role } from '../http/api-keys.ts';
import type { Config } from '../platform/config.ts';
import { ConfigError, readConfig } from '../platform/config.ts';
import type { Logger } from '../platform/logger.ts';
import { createLogger } from '../platform/logger.ts';
import { onShutdown } from '../platform/shutdown.ts';
import { createKey, listKeys, revokeKey } from './keys.ts';
import { prepare } from './prepare.ts';
import type { RoleName } from './serve.ts';
import { roleNames, serve } from './serve.ts';

const usageExit = 2;

const program = new Command('ledger')
  .description('The order ledger that cannot oversell, and can prove it.')
  .exitOverride()
  .showHelpAfterError()
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 failed, 2 wrong usage or configuration.\nEvery setting is an environment variable; README.md has the table.',
  );

program
  .command('prepare')
  .description('create topics, schemas and tables where they are missing; safe to repeat')
  .option('--json', 'print the result as JSON')
  .action(async ({ json }: { json?: true }) => {
    const done = await prepare(...setUp('warn'));
    if (json === true) return print(done);
    const topics = done.topics_created.length === 0 ? 'all there' : `created ${done.topics_created.join(', ')}`;
    console.log(`ledger ${done.ledger_id} is ready: topics ${topics}, ${done.schemas} schemas, tables up to date`);
  });

program
  .command('serve')
  .description('run the service')
  .addOption(
    new Option('--roles <list>', `roles of this process, comma separated: ${roleNames.join(', ')}`)
      .argParser(parseRoles)
      .default(new Set(roleNames), 'all of them'),
  )
  .addHelpText(
    'after',
    '\nExample: one process for orders, one for the views\n  ledger serve --roles api,writer\n  PORT=3001 ledger serve --roles projector',
  )
  .action(async ({ roles }: { roles: ReadonlySet<RoleName> }) => runService(...setUp(), roles));

const keys = program.command('keys').description('API keys');
keys
  .command('create')
  .description('make a key and show it, this once')
  .requiredOption('--name <name>', 'what the key is for')
  .addOption(new Option('--role <role>', 'what its holder may do').choices(keyRoles).default('service'))
  .option('--scopes <list>', `narrow the role to some of: ${permissions.join(', ')}`, parseScopes)
  .option('--customer <id>', 'customer of orders that name none')
  .option('--expires-at <time>', 'ISO 8601 time after which it is refused', parseTime)
  .option('--json', 'print the result as JSON')
  .action(
    async (o: {
      name: string;
      role: Role;
      scopes?: readonly Permission[];
      customer?: string;
      expiresAt?: Date;
      json?: true;
    }) => {
      const made = await createKey(...setUp('warn'), {
        name: o.name,
        role: o.role,
        ...(o.scopes === undefined ? {} : { scopes: o.scopes }),
        ...(o.customer === undefined ? {} : { customer_id: o.customer }),
        ...(o.expiresAt === undefined ? {} : { expires_at: o.expiresAt }),
      });
      if (o.json === true) print(made);
      else
        console.log(`${made.key}\n\nKeep it: it is not shown again. Its id is ${made.key_id}, its role ${made.role}.`);
    },
  );
keys
  .command('list')
  .description('list the keys, without the keys themselves')
  .option('--json', 'print the result as JSON')
  .action(async ({ json }: { json?: true }) => {
    const all = await listKeys(...setUp('warn'));
    if (json === true) return print(all);
    for (const key of all)
      console.log(
        [key.key_id, key.prefix, key.role, key.revoked_at === null ? 'valid' : 'revoked', key.name].join('\t'),
      );
  });
keys
  .command('revoke <key_id>')
  .description('refuse a key from now on (within the 60 s for which it may be cached)')
  .action(async (keyId: string) => {
    if (!(await revokeKey(...setUp('warn'), keyId)))
      throw new Error(`there is no valid key ${keyId}; see: ledger keys list`);
    console.log(`${keyId} is revoked`);
  });

function setUp(quiet?: 'warn'): [Config, Logger] {
  const config = readConfig();
  return [config, createLogger(quiet !== undefined && config.logLevel === 'info' ? { logLevel: quiet } : config)];
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

function parseRoles(text: string): ReadonlySet<RoleName> {
  return new Set(parseList(text, roleNames));
}

function parseScopes(text: string): readonly Permission[] {
  return parseList(text, permissions);
}

/** Reads names from a list that has to be made of the known ones. @throws InvalidArgumentError */
function parseList<T extends string>(text: string, known: readonly T[]): readonly T[] {
  return text.split(',').map((name) => {
    const found = known.find((one) => one === name.trim());
    if (found === undefined) throw new InvalidArgumentError(`${name} is none of ${known.join(', ')}.`);
    return found;
  });
}

function parseTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('It is no ISO 8601 time.');
  return time;
}

function print(result: unknown): void {
  console.log(JSON.stringify(result, null, 2));
}

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  await program.parseAsync();
} catch (error) {
  // Commander has printed its own errors already, help among them.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : usageExit;
  else {
    console.error(`ledger: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = error instanceof ConfigError ? usageExit : 1;
  }
}
