// `ledger keys create|list|revoke`: how they are called and what they print.
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { Permission, Role } from '../../http/api-keys.ts';
import { permissions, roles as keyRoles } from '../../http/api-keys.ts';
import { timeIn } from '../moments.ts';
import { createKey, listKeys, revokeKey } from '../keys.ts';
import { parseList, print, setUp } from './shared.ts';

export function addKeys(program: Command): void {
  const keys = program.command('keys').description('API keys');
  addCreate(keys);
  addList(keys);
  addRevoke(keys);
}

interface CreateOptions {
  name: string;
  role: Role;
  scopes?: readonly Permission[];
  customer?: string;
  expiresAt?: Date;
  json?: true;
}

function addCreate(keys: Command): void {
  keys
    .command('create')
    .description('make a key and show it, this once')
    .requiredOption('--name <name>', 'what the key is for')
    .addOption(new Option('--role <role>', 'what its holder may do').choices(keyRoles).default('service'))
    .option('--scopes <list>', `narrow the role to some of: ${permissions.join(', ')}`, (text: string) =>
      parseList(text, permissions),
    )
    .option('--customer <id>', 'customer of orders that name none')
    .option('--expires-at <time>', 'ISO 8601 time after which it is refused', parseTime)
    .option('--json', 'print the result as JSON')
    .action(async (o: CreateOptions) => {
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
    });
}

function addList(keys: Command): void {
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
}

function addRevoke(keys: Command): void {
  keys
    .command('revoke <key_id>')
    .description('refuse a key from now on (within the 60 s for which it may be cached)')
    .action(async (keyId: string) => {
      if (!(await revokeKey(...setUp('warn'), keyId)))
        throw new Error(`there is no valid key ${keyId}; see: ledger keys list`);
      console.log(`${keyId} is revoked`);
    });
}

function parseTime(text: string): Date {
  const time = timeIn(text);
  if (time === null)
    throw new InvalidArgumentError('Give an ISO 8601 time with its zone, such as 2027-03-01T12:00:00Z.');
  if (time <= Date.now()) throw new InvalidArgumentError('It lies in the past.');
  return new Date(time);
}
