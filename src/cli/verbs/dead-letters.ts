// `ledger dead-letters list|show|retry|discard`: how they are called and what they print.
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { DeadLetter, DeadLetterStatus } from '../../../schemas/dead-letters.ts';
import type { DeadLetters, Wish } from '../../http/dead-letters.ts';
import { withDeadLetters } from '../dead-letters.ts';
import { table } from '../table.ts';
import { UsageError, print, setUpForReading } from './shared.ts';

const statuses: readonly DeadLetterStatus[] = ['parked', 'retrying', 'discarding', 'resolved', 'discarded', 'refused'];
const help = `
A payment that failed while the gateway went on answering is parked: the order keeps its stock until somebody retries
or discards it. Without an id, retry and discard are for all that are parked; without --yes they only count.

Examples:
  ledger dead-letters list --status parked
  ledger dead-letters retry --consumer payments --yes
  ledger dead-letters discard 6f0c... --reason 'customer called off' --yes`;

export function addDeadLetters(program: Command): void {
  const verb = program.command('dead-letters').description('what workers gave up').addHelpText('after', help);
  addList(verb);
  verb
    .command('show <id>')
    .description('show one dead letter')
    .option('--json', 'print it as JSON')
    .action(async (id: string, { json }: { json?: true }) => {
      const letter = await withDeadLetters(...setUpForReading(), (letters) => mustFind(letters, id));
      if (json === true) print(jsonOf(letter));
      else
        console.log(
          table(Object.entries(jsonOf(letter)).map(([name, value]) => [name, String(value ?? '')])).join('\n'),
        );
    });
  addWish(verb, 'retry', 'do the job again');
  addWish(verb, 'discard', 'give the job up: the payment is taken back, the order fails, its stock is released');
}

interface ListOptions {
  consumer?: string;
  status?: DeadLetterStatus;
  limit: number;
  json?: true;
}

function addList(verb: Command): void {
  verb
    .command('list')
    .description('list dead letters, newest first')
    .option('--consumer <name>', 'only those of this worker, as payments')
    .addOption(new Option('--status <status>', 'only those that stand there').choices([...statuses]))
    .option('--limit <n>', 'at most so many', wholeNumber, 50)
    .option('--json', 'print the list as JSON')
    .action(async ({ consumer, status, limit, json }: ListOptions) => {
      const filter = { ...(consumer === undefined ? {} : { consumer }), ...(status === undefined ? {} : { status }) };
      const paging = { kind: 'cursor', limit, after: null } as const;
      const { rows } = await withDeadLetters(...setUpForReading(), (letters) => letters.list(filter, paging));
      if (json === true) return print(rows.map(jsonOf));
      if (rows.length === 0) return console.log('There are none.');
      const lines = rows.map((one) => [
        one.dead_letter_id,
        one.status,
        one.consumer,
        one.order_id ?? '',
        String(one.attempts),
        timeOf(one.last_at),
        one.error,
      ]);
      console.log(table([['id', 'status', 'consumer', 'order', 'attempts', 'last', 'error'], ...lines]).join('\n'));
    });
}

interface WishOptions {
  consumer?: string;
  reason?: string;
  yes?: true;
  json?: true;
}

function addWish(verb: Command, kind: Wish['kind'], description: string): void {
  verb
    .command(`${kind} [id]`)
    .description(description)
    .option('--consumer <name>', 'of all that are parked only those of this worker')
    .option('--reason <text>', 'why, for people')
    .option('--yes', 'do it; without it, only say how many')
    .option('--json', 'print the result as JSON')
    .action(async (id: string | undefined, { consumer, reason, yes, json }: WishOptions) => {
      if (id !== undefined && consumer !== undefined) throw new UsageError('an id and --consumer exclude each other');
      if (kind === 'discard' && yes === true && reason === undefined) throw new UsageError('discard needs a --reason');
      const wish = { kind, actor: `cli:${userInfo().username}`, reason: reason ?? null };
      const count = await withDeadLetters(...setUpForReading(), (letters) =>
        id === undefined
          ? wishAll(letters, wish, consumer ?? null, yes === true)
          : wishOne(letters, wish, id, yes === true),
      );
      if (json === true) print({ count, dry_run: yes !== true });
      else console.log(sentence(kind, count, yes === true));
    });
}

function wishAll(letters: DeadLetters, wish: Wish, consumer: string | null, doIt: boolean): Promise<number> {
  return doIt ? letters.wishAll(wish, consumer) : letters.count(consumer);
}

async function wishOne(letters: DeadLetters, wish: Wish, id: string, doIt: boolean): Promise<number> {
  const letter = await mustFind(letters, id);
  if (letter.status !== 'parked') throw new Error(`dead letter ${id} is ${letter.status}, not parked`);
  if (doIt) await letters.wishOne(wish, letter);
  return 1;
}

async function mustFind(letters: DeadLetters, id: string): Promise<DeadLetter> {
  const letter = /^[0-9a-f-]{36}$/i.test(id) ? await letters.find(id) : null;
  if (letter === null) throw new Error(`there is no dead letter ${id}; see: ledger dead-letters list`);
  return letter;
}

function sentence(kind: Wish['kind'], count: number, done: boolean): string {
  const what = `${count} dead ${count === 1 ? 'letter' : 'letters'}`;
  if (!done) return `${what} would be ${kind === 'retry' ? 'retried' : 'discarded'}. Add --yes to do it.`;
  return `${what} ${count === 1 ? 'is' : 'are'} being ${kind === 'retry' ? 'retried' : 'discarded'}.`;
}

function jsonOf({ partition, offset, first_at, last_at, ...letter }: DeadLetter): object {
  return { ...letter, first_at: timeOf(first_at), last_at: timeOf(last_at), position: `${partition}:${offset}` };
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1 || value > 10_000)
    throw new InvalidArgumentError('It is no number from 1 to 10000.');
  return value;
}
