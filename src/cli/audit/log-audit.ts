// The audit of the log: both topics from zero to the ends that they had at the start, partition by partition, one page
// of each at a time. What the fold remembers grows with products, orders and keys, never with the log.
import type { PlacedEvent } from '../../../schemas/records.ts';
import type { Topics } from '../../../schemas/topics.ts';
import { LedgerAlarm } from '../../log/alarm.ts';
import { counts } from '../../log/journal.ts';
import { partitionOf } from '../../domain/partitioner.ts';
import type { Ends, Log, LogRecord } from '../../log/port.ts';
import type { Reading } from '../../log/reading.ts';
import type { Across } from './across.ts';
import { createAcross } from './across.ts';
import type { CommandsBeside } from './commands.ts';
import { openCommands } from './commands.ts';
import type { Note } from './findings.ts';
import type { Judge } from './judge.ts';
import { createJudge } from './judge.ts';
import { pagesOf } from '../pages.ts';
import { pack } from './rules/keys.ts';

export interface LogAuditOptions {
  readonly log: Log;
  readonly topics: Topics;
  readonly reading: Reading;
  readonly note: Note;
  /** Hears of what is strange but breaks no promise. */
  readonly warn: Note;
  /** Whether everything must be decided: commands without an outcome are then findings. */
  readonly atRest: boolean;
  /** Hears of every counted event, after the judge. */
  readonly onEvent?: (partition: number, event: PlacedEvent) => void;
  /** Hears of the end of every page of a journal: everything below `next` was told. Is awaited. */
  readonly onPage?: (partition: number, next: number, end: number) => Promise<void> | void;
}

export interface PartitionReport {
  readonly partition: number;
  /** Records of the commands topic, those included that are undecided. */
  readonly commands: number;
  /** Events that count. */
  readonly events: number;
  readonly voids: number;
  readonly undecided: number;
}

export interface LogAudit {
  /** Null where no partition tells. */
  readonly ledgerId: string | null;
  readonly partitions: readonly PartitionReport[];
}

/** What all partitions share. */
interface Shared extends LogAuditOptions {
  readonly partitions: number;
  readonly signal: AbortSignal;
  readonly across: Across;
  /** Partition of the order of each command_id, packed. */
  readonly orders: Map<string, number>;
  ledgerId: string | null;
}

const empty: Ends = { low: 0, high: 0 };

/** Reads and judges both topics. @throws LogError; the signal's reason when aborted */
export async function auditLog(options: LogAuditOptions, signal: AbortSignal): Promise<LogAudit> {
  const { log, topics, note } = options;
  // In this order: whatever has an outcome below the first ends has its command below the second.
  const journal = await log.ends(topics.events);
  const commands = await log.ends(topics.commands);
  const across = createAcross({ ...options, topic: topics.events });
  const shared: Shared = { ...options, partitions: journal.size, signal, across, orders: new Map(), ledgerId: null };
  if (commands.size !== journal.size) {
    const text = `${topics.commands} has ${commands.size} partitions, ${topics.events} has ${journal.size}`;
    note({ rule: 'genesis', topic: topics.commands, partition: null, offset: null, text });
  }
  const partitions: PartitionReport[] = [];
  for (const [partition, ends] of journal) {
    partitions.push(await auditPartition(shared, partition, ends, commands.get(partition) ?? empty));
  }
  across.finish();
  return { ledgerId: shared.ledgerId, partitions };
}

async function auditPartition(shared: Shared, partition: number, journal: Ends, asked: Ends): Promise<PartitionReport> {
  const { log, topics, note, signal } = shared;
  for (const [topic, { low }] of [
    [topics.events, journal],
    [topics.commands, asked],
  ] as const) {
    if (low > 0)
      note({ rule: 'history', topic, partition, offset: 0, text: `the records below offset ${low} are gone` });
  }
  const commands = openCommands(shared, { topic: topics.commands, partition, from: asked.low, to: asked.high }, signal);
  try {
    const judge = judgeOf(shared, partition);
    const tally = { events: 0, voids: 0 };
    const range = { topic: topics.events, partition, from: journal.low, to: journal.high };
    for await (const page of pagesOf(log, range, signal)) {
      for (const record of page) {
        const counted = counts(record);
        tally[counted ? 'events' : 'voids'] += 1;
        if (counted) await judgeRecord(shared, { partition, judge, commands, first: tally.events === 1 }, record);
      }
      await shared.onPage?.(partition, (page.at(-1)?.offset ?? 0) + 1, journal.high);
    }
    await shared.onPage?.(partition, journal.high, journal.high);
    if (tally.events === 0) {
      note({ rule: 'genesis', topic: topics.events, partition, offset: 0, text: 'the journal has no genesis event' });
    }
    const next = judge.end();
    const undecided = Math.max(0, asked.high - Math.max(next, asked.low));
    if (undecided > 0) tellUndecided(shared, partition, next, undecided);
    shared.across.end(partition, judge, undecided);
    return { partition, commands: asked.high - asked.low, ...tally, undecided };
  } finally {
    await commands.close();
  }
}

interface Place {
  readonly partition: number;
  readonly judge: Judge;
  readonly commands: CommandsBeside;
  readonly first: boolean;
}

async function judgeRecord(
  shared: Shared,
  { partition, judge, commands, first }: Place,
  record: LogRecord,
): Promise<void> {
  const { reading, note, topics, signal, onEvent } = shared;
  const { offset } = record;
  let event: PlacedEvent;
  try {
    event = { ...(await reading.event(partition, record, signal)), offset };
  } catch (error) {
    if (!(error instanceof LedgerAlarm)) throw error;
    return note({ rule: 'readable', topic: topics.events, partition, offset, text: error.message });
  }
  if (first && event.type !== 'LedgerOpened') {
    note({ rule: 'genesis', topic: topics.events, partition, offset, text: `history begins with ${event.type}` });
  }
  const { command_offset } = event.meta;
  judge.take(event, command_offset < 0 ? null : await commands.at(command_offset));
  compareAcross(shared, partition, event);
  shared.across.take(partition, event);
  onEvent?.(partition, event);
}

function judgeOf(shared: Shared, partition: number): Judge {
  const { topics, note, warn } = shared;
  const topic = topics.events;
  return createJudge({
    note: (rule, offset, text) => note({ rule, topic, partition, offset, text }),
    warn: (offset, text) => warn({ rule: 'command', topic, partition, offset, text }),
    opened: ({ data, offset }) => {
      shared.ledgerId ??= data.ledger_id;
      if (data.ledger_id !== shared.ledgerId) {
        const text = `this partition belongs to ledger ${data.ledger_id}, the first to ${shared.ledgerId}`;
        note({ rule: 'genesis', topic, partition, offset, text });
      }
      if (data.partitions !== shared.partitions) {
        const text = `the ledger was opened with ${data.partitions} partitions, the topic has ${shared.partitions}`;
        note({ rule: 'genesis', topic, partition, offset, text });
      }
    },
  });
}

/** What one partition alone cannot tell: products at home, and orders of one request in several partitions. */
function compareAcross(
  { partitions, orders, note, warn, topics }: Shared,
  partition: number,
  event: PlacedEvent,
): void {
  const { offset } = event;
  const place = { topic: topics.events, partition, offset };
  if (event.type === 'ProductCreated') {
    const { product_id } = event.data;
    const home = partitionOf(product_id, partitions);
    if (home !== partition) note({ rule: 'home', ...place, text: `product ${product_id} lives in partition ${home}` });
  }
  if (event.type !== 'OrderAccepted' && event.type !== 'OrderRefused') return;
  const id = pack(event.meta.answers ?? event.meta.command_id);
  const other = orders.get(id);
  if (other === undefined) orders.set(id, partition);
  else if (other !== partition) {
    const text = `command_id ${event.meta.command_id} led to an order here and to one in partition ${other}`;
    warn({ rule: 'key', ...place, text });
  }
}

/** A writer may be deciding the tail right now, so only a ledger at rest is held to it. */
function tellUndecided({ note, atRest, topics }: Shared, partition: number, next: number, count: number): void {
  if (!atRest) return;
  const text = `${count} ${count === 1 ? 'command has' : 'commands have'} no outcome, from offset ${next} on`;
  note({ rule: 'undecided', topic: topics.commands, partition, offset: next, text });
}
