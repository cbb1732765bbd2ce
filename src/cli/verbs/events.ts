// `ledger events`: how it is called and what it prints.
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { checkSchemas } from '../../../schemas/registry.ts';
import { parseOrderId, parseProductId } from '../../http/ids.ts';
import { partitionOf } from '../../domain/partitioner.ts';
import type { Config } from '../../platform/config.ts';
import type { Logger } from '../../platform/logger.ts';
import { realPace } from '../../platform/pace.ts';
import type { JournalEntry } from '../events/journal.ts';
import { readJournal } from '../events/journal.ts';
import { isAboutProduct } from '../../../schemas/records.ts';
import { entryToJson, isAboutOrder, renderEntry } from '../events/render.ts';
import { createLogParts, createRecordParts } from '../parts.ts';
import { UsageError, setUpForReading, untilSignal, writeLine } from './shared.ts';

interface EventFlags {
  readonly product?: string;
  readonly order?: string;
  readonly from?: ReadonlyMap<number, number>;
  readonly limit?: number;
  readonly follow?: true;
  readonly void?: true;
  readonly json?: true;
}

const followEveryMs = 200;
/** As many as an order id has room for. */
const partitionsMax = 65_536;

const help = `
One event a line: position, time, type, what it says, and the command that caused it. Times are those of the commands.
Without --product or --order all partitions are shown, merged by time. A record that cannot be read is shown as such.

Examples:
  ledger events --product espresso-cup
  ledger events --order 0005fa3f-c0ff-8387-93e4-50ef3a7c595a --json
  ledger events --from 5:100 --limit 20      from the event at offset 100 of partition 5
  ledger events --follow                     until interrupted
  ledger events --void                       also what counts for nothing

Exit codes: 0 done or interrupted while following, 1 failed, 2 wrong usage or configuration.`;

export function addEvents(program: Command): void {
  program
    .command('events')
    .description('show what happened, from the journal')
    .option('--product <id>', 'only events about this product', parseProduct)
    .option('--order <id>', 'only events about this order', parseOrder)
    .option('--from <positions>', 'partition:offset[,…]: only these partitions, from these offsets on', parseFrom)
    .option('--limit <n>', 'end after so many', parseLimit)
    .option('--follow', 'go on with what happens from now on')
    .option('--void', 'show also records that count for nothing')
    .option('--json', 'print one JSON object a line')
    .addHelpText('after', help)
    .action((flags: EventFlags) =>
      untilSignal(async (signal) => {
        try {
          await showEvents(...setUpForReading(), flags, signal);
        } catch (error) {
          // Whoever follows has seen enough: that is how it ends.
          if (flags.follow !== true || error !== signal.reason) throw error;
        }
      }),
    );
}

async function showEvents(config: Config, logger: Logger, flags: EventFlags, signal: AbortSignal): Promise<void> {
  const { log, topics } = createLogParts(config, logger, 'ledger-events');
  try {
    const { reading } = createRecordParts(config, logger, await checkSchemas(config.schemaRegistryUrl, topics));
    const partitions = (await log.ends(topics.events)).size;
    const source = { log, reading, topic: topics.events };
    let away = false;
    const trouble = (err: unknown): void => {
      if (!away) logger.warn({ err }, 'Kafka does not answer; waiting for it');
      away = true;
    };
    const following = flags.follow === true ? { pace: realPace, everyMs: followEveryMs, trouble } : null;
    let left = flags.limit ?? Number.POSITIVE_INFINITY;
    for await (const entry of readJournal(source, startsOf(flags, partitions), following, signal)) {
      away = false;
      if (!isWanted(flags, entry)) continue;
      await writeLine(flags.json === true ? JSON.stringify(entryToJson(entry)) : renderEntry(entry));
      left -= 1;
      if (left <= 0) return;
    }
  } finally {
    await log.close();
  }
}

/** Where to begin, in each partition that can hold what is asked for. @throws UsageError */
function startsOf({ product, order, from }: EventFlags, partitions: number): ReadonlyMap<number, number> {
  const all = Array.from({ length: partitions }, (_, partition) => partition);
  const homes = [
    ...(product === undefined ? [] : [partitionOf(product, partitions)]),
    ...(order === undefined ? [] : [parseOrderId(order, partitionsMax)?.partition ?? partitions]),
  ];
  const chosen = all.filter((one) => homes.every((home) => home === one) && (from === undefined || from.has(one)));
  if (chosen.length === 0) {
    const asked = [...homes, ...(from?.keys() ?? [])].join(' and ');
    throw new UsageError(`no partition of the ${partitions} can hold that: it would lie in ${asked}`);
  }
  return new Map(chosen.map((partition) => [partition, from?.get(partition) ?? 0]));
}

function isWanted({ product, order, void: voids }: EventFlags, { counts, content }: JournalEntry): boolean {
  if (!counts && voids !== true) return false;
  // Nobody knows what it is about, so it may be about this.
  if ('unreadable' in content) return true;
  if (product !== undefined && !isAboutProduct(content.event, product)) return false;
  return order === undefined || isAboutOrder(content.event, order);
}

function parseProduct(text: string): string {
  const id = parseProductId(text);
  if (id === null) throw new InvalidArgumentError('It cannot be the id of a product.');
  return id;
}

function parseOrder(text: string): string {
  const parsed = parseOrderId(text, partitionsMax);
  if (parsed === null) throw new InvalidArgumentError('It is no order id.');
  return parsed.id;
}

function parseFrom(text: string): ReadonlyMap<number, number> {
  const pairs = text.split(',').map((pair) => {
    const [, partition, offset] = /^(\d{1,5}):(\d{1,15})$/.exec(pair.trim()) ?? [];
    if (partition === undefined) throw new InvalidArgumentError('It is not partition:offset[,…].');
    return [Number(partition), Number(offset)] as const;
  });
  return new Map(pairs);
}

function parseLimit(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('It is no number above 0.');
  return Number(text);
}
