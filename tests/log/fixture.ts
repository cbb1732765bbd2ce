// What the tests of the journal protocol share: the real decider and codec over the log in memory, commands with plain
// data, time that a test owns, and a reader of the journal with a rule of its own.
import { createCodec } from '../../schemas/codec.ts';
import type { Command, CommandMeta } from '../../schemas/generated.ts';
import { released } from '../../schemas/generated.ts';
import type { CommandRecord, EventRecord } from '../../schemas/records.ts';
import * as decider from '../../src/domain/decider.ts';
import type { State } from '../../src/domain/decider.ts';
import { stateCodec } from '../../src/domain/snapshot.ts';
import type { BatchContext, QueuedCommand } from '../../src/log/batch.ts';
import type { Decider } from '../../src/log/decider-port.ts';
import { openLedger } from '../../src/log/genesis.ts';
import type { MemoryLog, MemoryLogOptions } from '../../src/log/memory/memory-log.ts';
import { createMemoryLog } from '../../src/log/memory/memory-log.ts';
import type { Fold, PartitionJournal } from '../../src/log/partition-journal.ts';
import { createPartitionJournal } from '../../src/log/partition-journal.ts';
import type { Log, LogRecord, OutgoingRecord, Pace } from '../../src/log/port.ts';
import type { Reading } from '../../src/log/reading.ts';
import { createReading } from '../../src/log/reading.ts';
import type { Manifest } from '../../src/log/snapshot-record.ts';
import type { Misfit } from '../../src/log/snapshot-read.ts';
import type { SnapshotsOptions } from '../../src/log/snapshots.ts';
import { createSnapshots } from '../../src/log/snapshots.ts';

export const topics = {
  commands: 'commands',
  events: 'events',
  deadLetters: 'dead',
  clock: 'clock',
  snapshots: 'snapshots',
};
/** The broker's time of every record that a test does not date itself, ms. */
export const noon = Date.UTC(2026, 0, 1, 12);
export const codec = createCodec(
  new Map([...new Set(released.map(({ name }) => name))].map((name, i) => [name, i + 1])),
);
export const writerId = uuid(0xffff);
export const theDecider: Decider<State> = decider;

/** The nth UUID, for whatever needs one. */
export function uuid(n: number): string {
  return `00000000-0000-8000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** A command with plain data about itself; the nth has its own command_id and fingerprint. */
export function command(n: number, what: Command, meta: Partial<CommandMeta> = {}): CommandRecord {
  const about: CommandMeta = {
    command_id: uuid(n),
    fingerprint: Buffer.alloc(32, n),
    remember_for_s: 86_400,
    made_at: -1,
    actor: 'ann',
    correlation_id: `trace-${n}`,
    reply_to: null,
    ...meta,
  };
  return { ...what, meta: about };
}

export function create(
  n: number,
  product_id: string,
  stock: number | null,
  meta?: Partial<CommandMeta>,
): CommandRecord {
  const price = { amount: 250, currency: 'USD' };
  const data = { product_id, name: product_id, price, stock, low_stock_threshold: null, billing: 'single' } as const;
  return command(n, { type: 'CreateProduct', data: { ...data, frequency: null } }, meta);
}

/** An order of one unit of each product. */
export function place(n: number, products: readonly string[], meta?: Partial<CommandMeta>): CommandRecord {
  const lines = products.map((product_id) => ({ product_id, quantity: 1, priority: 'normal' }) as const);
  const terms = { priority: 'normal', payment: 'manual', reference: null, metadata: {} } as const;
  const data = {
    order_id: uuid(1_000 + n),
    customer_id: 'c',
    lines,
    ...terms,
    expires_after_s: 900,
    repeat_window_s: 0,
  };
  return command(n, { type: 'PlaceOrder', data }, meta);
}

export function memoryLog(options: Partial<MemoryLogOptions> = {}, partitions = 1): MemoryLog {
  const counts = {
    [topics.commands]: partitions,
    [topics.events]: partitions,
    [topics.deadLetters]: 1,
    [topics.clock]: 1,
    [topics.snapshots]: partitions,
  };
  return createMemoryLog({ topics: counts, now: () => noon, ...options });
}

/** Time that moves on only when somebody sleeps; `onSleep` hears the time afterwards. */
export function fakePace(onSleep: (now: number) => void = () => undefined): Pace & { readonly slept: number[] } {
  let time = 0;
  const slept: number[] = [];
  return {
    slept,
    random: () => 0.5,
    now: () => time,
    sleep: async (ms, signal) => {
      if (signal?.aborted ?? false) return;
      time += ms;
      slept.push(ms);
      onSleep(time);
      await turn();
    },
  };
}

/** Reads what the made-up registry of `codec` holds; it knows no other id. */
export function plainReading(): Reading {
  return createReading(
    codec,
    () => Promise.resolve(null),
    fakePace(),
    () => undefined,
  );
}

export function open(log: Log, partitions = 1, ledgerId = uuid(0xabc)): Promise<string> {
  const { encode } = codec;
  return openLedger({ log, topic: topics.events, partitions, reading: plainReading(), encode, ledgerId });
}

/** Keeps snapshots, by default none; what it tells is collected. */
export function snapshotsOver(log: Log, more: Partial<SnapshotsOptions<State>> = {}) {
  const told = { written: [] as Manifest[], failed: [] as unknown[], discarded: [] as Misfit[] };
  const snapshots = createSnapshots<State>({
    ...{ log, topic: topics.snapshots, eventsTopic: topics.events, reading: plainReading(), states: stateCodec },
    ...{ ledgerId: uuid(0xabc), codeVersion: '1.0.0', every: 0, bytesPerEventMax: Infinity, stopMsMax: 1_000 },
    ...{ stepMsMax: 0, pace: fakePace() },
    written: (manifest) => void told.written.push(manifest),
    failed: (_partition, error) => void told.failed.push(error),
    discarded: (_partition, misfit) => void told.discarded.push(misfit),
    ...more,
  });
  return { snapshots, told };
}

export function journalOf(
  log: Log,
  partitions = 1,
  begin: Fold<State> | null = null,
  partition = 0,
): PartitionJournal<State> {
  const reading = plainReading();
  return createPartitionJournal({ log, topic: topics.events, partition, partitions, reading, decider }, begin);
}

/** An opened ledger of one partition and its journal, read to the end. */
export async function opened(options: Partial<MemoryLogOptions> = {}): Promise<{
  readonly log: MemoryLog;
  readonly journal: PartitionJournal<State>;
}> {
  const log = memoryLog(options);
  await open(log);
  const journal = journalOf(log);
  await journal.catchUp();
  return { log, journal };
}

/** Commands as a writer has them before it; what is no command is poison, and `null` a hole. */
export function queued(commands: readonly (CommandRecord | string | null)[], first = 0, at = noon): QueuedCommand[] {
  return commands.map((item, i) => {
    const offset = first + i;
    if (item === null) return { kind: 'hole', offset };
    if (typeof item === 'string') return { kind: 'poison', offset, at, why: item, bytes: Buffer.from(item) };
    return { kind: 'command', offset, at, key: null, record: item, bytes: codec.encode(item) };
  });
}

/** What a batch is decided with, unless a test says otherwise. */
export function contextOf(
  journal: PartitionJournal<State>,
  more: Partial<BatchContext<State>> = {},
): BatchContext<State> {
  const limits = { recordsMax: 1_000, bytesMax: 900_000, msMax: 200 };
  const sent = (progress: number): number => progress;
  return { journal, decider: theDecider, encode: codec.encode, writer: writerId, limits, sent, now: () => 0, ...more };
}

/** Puts records where they state that they belong, as somebody else's writer would. */
export function inject(log: MemoryLog, records: readonly OutgoingRecord[]): void {
  const raw = records.map(({ key, value, headers = {} }) => ({
    key: key === null ? null : Buffer.from(key),
    value,
    headers,
  }));
  log.inject(topics.events, 0, raw);
}

export async function readAll(log: Log, topic: string, partition = 0): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  const { low = 0, high = 0 } = (await log.ends(topic)).get(partition) ?? {};
  await log.read({ topic, partition, from: low, to: high }, (page) => void records.push(...page));
  return records;
}

/** Events that lie at the offset their header begins with; told apart here without the code under test. */
export async function history(log: Log, partition = 0): Promise<(EventRecord & { readonly offset: number })[]> {
  const records = await readAll(log, topics.events, partition);
  return records.flatMap((record) => {
    const header = record.headers['l'];
    const stated = header instanceof Uint8Array ? Buffer.from(header).readBigUInt64BE(0) : -1n;
    return stated === BigInt(record.offset) ? [{ ...eventOf(record), offset: record.offset }] : [];
  });
}

/** A history in short: which command had which outcome, `5 StockHeld`, or `5 CommandRefused no_record`. */
export function tell(events: readonly EventRecord[]): string[] {
  return events.map((event) => {
    const reason = event.type === 'CommandRefused' ? ` ${event.data.reason}` : '';
    return `${event.meta.command_offset} ${event.type}${reason}`;
  });
}

export function eventOf(record: LogRecord): EventRecord {
  const decoded = codec.decode(record.value ?? Buffer.alloc(0));
  if (decoded.kind !== 'event') throw new Error(`record ${record.offset} is ${decoded.kind}`);
  return decoded.record;
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits for a condition; says which one when it does not come true. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 4_000;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`never: ${what}`);
    await turn();
  }
}

/** What a promise rejects with; fails when it does not. */
export async function thrownBy(promise: Promise<unknown>): Promise<Error> {
  const thrown = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown instanceof Error) return thrown;
  throw new Error('it did not throw an error');
}
