// What the benchmarks of the writer share: a ledger on a real Kafka, a history that the real writer made, and a writer
// role to measure.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Codec } from '../../schemas/codec.ts';
import type { CommandMeta } from '../../schemas/generated.ts';
import type { CommandRecord } from '../../schemas/records.ts';
import type { Topics } from '../../schemas/topics.ts';
import type { WriterRole } from '../../consumers/writer.ts';
import { startWriterRole } from '../../consumers/writer.ts';
import * as decider from '../../src/domain/decider.ts';
import type { State } from '../../src/domain/decider.ts';
import { stateCodec } from '../../src/domain/snapshot.ts';
import { partitionOf } from '../../src/domain/partitioner.ts';
import type { Log } from '../../src/log/port.ts';
import type { Reading } from '../../src/log/reading.ts';
import type { Snapshots, SnapshotsOptions } from '../../src/log/snapshots.ts';
import { createSnapshots } from '../../src/log/snapshots.ts';
import { readConfig } from '../../src/platform/config.ts';
import { realPace } from '../../src/platform/pace.ts';

/** A ledger that was prepared. */
export interface BenchLedger {
  readonly log: Log;
  readonly topics: Topics;
  readonly partitions: number;
  readonly ledgerId: string;
  readonly codec: Codec;
  readonly reading: Reading;
  readonly group: string;
}

/** As they are where nobody says otherwise. */
export const settings = readConfig({});

const batch = 1_000;
const waitMs = 20;

export const note = (error: unknown): void => console.error(error instanceof Error ? error.message : error);

/** Puts so many new products on the log of each partition. */
export async function sendProducts(ledger: BenchLedger, products: number): Promise<void> {
  const price = { amount: 450, currency: 'USD' };
  const more = { low_stock_threshold: null, billing: 'single', frequency: null } as const;
  await send(ledger, products, (partition, n) => {
    const product_id = productOf(ledger, partition, n);
    const data = { product_id, name: product_id, price, stock: 1_000_000, ...more };
    return { type: 'CreateProduct', data, meta: meta() };
  });
}

/** Puts orders of one line on the log, so many to each partition, for the first products of each in turn. */
export async function sendOrders(ledger: BenchLedger, ordersPerPartition: number, products: number): Promise<void> {
  await send(ledger, ordersPerPartition, (partition, n) => placeOrder(productOf(ledger, partition, n % products)));
}

async function send(
  { log, topics, partitions, codec }: BenchLedger,
  commandsPerPartition: number,
  make: (partition: number, n: number) => CommandRecord,
): Promise<void> {
  const appender = await log.openAppender();
  for (let partition = 0; partition < partitions; partition++) {
    for (let sent = 0; sent < commandsPerPartition; sent += batch) {
      const records = Array.from({ length: Math.min(batch, commandsPerPartition - sent) }, (_, i) => {
        return { key: null, value: codec.encode(make(partition, sent + i)) };
      });
      await appender.append(topics.commands, new Map([[partition, records]]));
    }
  }
  await appender.close();
}

/** Id of the nth product that lives in a partition. */
function productOf({ partitions }: BenchLedger, partition: number, n: number): string {
  for (let tries = 0; ; tries++) {
    const id = `product-${partition}-${n}-${tries}`;
    if (partitionOf(id, partitions) === partition) return id;
  }
}

function placeOrder(product_id: string): CommandRecord {
  const lines = [{ product_id, quantity: 1, priority: 'normal' } as const];
  const how = { priority: 'normal', payment: 'manual', reference: null, metadata: {} } as const;
  const windows = { expires_after_s: 900, repeat_window_s: 0 };
  const data = { order_id: randomUUID(), customer_id: 'ada', lines, ...how, ...windows };
  return { type: 'PlaceOrder', data, meta: meta() };
}

function meta(): CommandMeta {
  const about = { remember_for_s: 86_400, made_at: -1, actor: 'bench', correlation_id: 'bench', reply_to: null };
  return { command_id: randomUUID(), fingerprint: Buffer.alloc(32, 1), ...about };
}

/** Snapshots of a writer under measurement; none are written unless `more` says after how many events. */
export function benchSnapshots(
  ledger: BenchLedger,
  more: Partial<Pick<SnapshotsOptions<State>, 'every' | 'bytesPerEventMax' | 'written'>> = {},
): Snapshots<State> {
  return createSnapshots<State>({
    ...ledger,
    topic: ledger.topics.snapshots,
    eventsTopic: ledger.topics.events,
    states: stateCodec,
    codeVersion: 'bench',
    every: 0,
    bytesPerEventMax: settings.snapshotBytesPerEventMax,
    stopMsMax: settings.snapshotStopMsMax,
    stepMsMax: settings.snapshotStepMsMax,
    pace: realPace,
    written: () => undefined,
    failed: (_partition, error) => note(error),
    discarded: (partition, misfit, detail) => note(`snapshot of partition ${partition}: ${misfit}, ${detail}`),
    ...more,
  });
}

export interface BenchWriter {
  readonly role: WriterRole;
  /** Resolves with the time, ms, from the start of the role until every partition is written. */
  readonly ready: Promise<number>;
  decided(): number;
  /** Events that were read to rebuild the partitions. */
  read(): number;
  /** Rejects when something goes wrong that a healthy writer does not meet. */
  readonly failed: Promise<never>;
}

/** Starts the writer role over a ledger as `ledger serve` does. */
export async function startBenchWriter(ledger: BenchLedger, snapshots: Snapshots<State>): Promise<BenchWriter> {
  const { topics, partitions, codec } = ledger;
  const started = performance.now();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(note);
  let decided = 0;
  let read = 0;
  const role = await startWriterRole<State>({
    ...ledger,
    decider,
    snapshots,
    outboxMax: 10_000,
    eventsTopic: topics.events,
    commandsTopic: topics.commands,
    deadLettersTopic: topics.deadLetters,
    encode: codec.encode,
    limits: { recordsMax: 1_000, bytesMax: 900_000, msMax: 200, commandsMax: 500 },
    pace: realPace,
    queueMax: 5_000,
    watchdogMs: 60_000,
    commitEveryMs: settings.commitEveryMs,
    alarmRereadMs: 0,
    events: {
      appended: ({ commands }) => {
        decided += commands;
      },
      doubt: note,
      failed: (_offset, error) => failed.reject(error),
    },
    alarm: (_partition, alarm) => failed.reject(alarm),
    rebuilt: (_partition, { counted }) => {
      read += counted;
    },
    trouble: note,
    stuck: () => failed.reject(new Error('the writer is stuck')),
  });
  const isReady = (): boolean => {
    const all = [...role.status().values()];
    return all.length === partitions && all.every(({ status }) => status === 'writing');
  };
  const becomesReady = async (): Promise<number> => {
    while (!isReady()) await pause(waitMs);
    return performance.now() - started;
  };
  return { role, ready: becomesReady(), decided: () => decided, read: () => read, failed: failed.promise };
}

/** Lets a writer decide so many commands, prints its rate, and stops it as soon as `isDone`. */
export async function decideAll(
  ledger: BenchLedger,
  commands: number,
  snapshots: Snapshots<State>,
  isDone: () => boolean = () => true,
): Promise<void> {
  const writer = await startBenchWriter(ledger, snapshots);
  const started = performance.now();
  const done = async (): Promise<void> => {
    while (writer.decided() < commands) await pause(waitMs);
  };
  await Promise.race([done(), writer.failed]);
  const seconds = (performance.now() - started) / 1_000;
  const rate = Math.round(commands / seconds);
  console.log(`the writer decided ${commands} commands in ${seconds.toFixed(1)} s, ${rate} a second`);
  while (!isDone()) await Promise.race([pause(waitMs), writer.failed]);
  await writer.role.stop();
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
