// How long a writer takes to rebuild 100,000 events from a real Kafka, made by the real write path: 50,000 orders of
// one line. Prints the figures; exits with 1 when the median rebuild takes over a second. Run: npm run bench:writer
import { randomUUID } from 'node:crypto';
import { createCodec } from '../../schemas/codec.ts';
import { commandNames, eventNames } from '../../schemas/generated.ts';
import type { CommandMeta } from '../../schemas/generated.ts';
import type { CommandRecord } from '../../schemas/records.ts';
import { topicsOf } from '../../schemas/topics.ts';
import { startWriterRole } from '../../consumers/writer.ts';
import * as decider from '../../src/domain/decider.ts';
import { openLedger } from '../../src/log/genesis.ts';
import { createKafkaLog } from '../../src/log/kafka/kafka-log.ts';
import { createPartitionJournal } from '../../src/log/partition-journal.ts';
import type { Log } from '../../src/log/port.ts';
import { createReading } from '../../src/log/reading.ts';
import { prepareTopics } from '../../src/log/topics.ts';
import { readConfig } from '../../src/platform/config.ts';
import { realPace } from '../../src/platform/pace.ts';
import { startStack } from '../../stack/stack.ts';

const orders = 50_000;
const batch = 1_000;
const rebuilds = 5;
const rebuildMsMax = 1_000;
const partitions = 1;

const topics = topicsOf('bench');
const codec = createCodec(new Map([...commandNames, ...eventNames].map((name, i) => [name, i + 1])));
const note = (error: unknown): void => console.error(error);
const reading = createReading(codec, () => Promise.resolve(null), realPace, note);

async function main(): Promise<void> {
  const stack = await startStack({ servers: ['kafka'] });
  const logger = { warn: () => undefined, debug: () => undefined, trace: () => undefined };
  const config = readConfig({ KAFKA_BROKERS: stack.env.KAFKA_BROKERS });
  const kafka = {
    brokers: config.kafkaBrokers,
    clientId: 'bench',
    requestTimeoutMs: 5_000,
    appendTimeoutMs: 3_000,
    logger,
  };
  await prepareTopics(kafka, { topics, partitions, replicationFactor: 1 });
  const log = createKafkaLog(kafka);
  try {
    await openLedger({ log, topic: topics.events, partitions, reading, encode: codec.encode, ledgerId: randomUUID() });
    await sendCommands(log);
    await decideAll(log);
    const times = [];
    for (let i = 0; i < rebuilds; i++) times.push(await rebuild(log));
    const median = times.toSorted((a, b) => a - b)[Math.floor(rebuilds / 2)] ?? 0;
    console.log(
      `median rebuild ${Math.round(median)} ms, at most ${rebuildMsMax}: ${median <= rebuildMsMax ? 'ok' : 'TOO SLOW'}`,
    );
    process.exitCode = median <= rebuildMsMax ? 0 : 1;
  } finally {
    await log.close();
    await stack.stop();
  }
}

async function sendCommands(log: Log): Promise<void> {
  const price = { amount: 450, currency: 'USD' };
  const more = { low_stock_threshold: null, billing: 'single', frequency: null } as const;
  const product = { product_id: 'tea', name: 'Tea', price, stock: 1_000_000, ...more };
  const commands: CommandRecord[] = [{ type: 'CreateProduct', data: product, meta: meta() }];
  for (let i = 0; i < orders; i++) commands.push(placeOrder());
  const appender = await log.openAppender();
  for (let i = 0; i < commands.length; i += batch) {
    const records = commands.slice(i, i + batch).map((command) => ({ key: 'tea', value: codec.encode(command) }));
    await appender.append(topics.commands, new Map([[0, records]]));
  }
  await appender.close();
}

function placeOrder(): CommandRecord {
  const lines = [{ product_id: 'tea', quantity: 1, priority: 'normal' } as const];
  const how = { priority: 'normal', payment: 'manual', reference: null, metadata: {} } as const;
  const windows = { expires_after_s: 900, repeat_window_s: 0 };
  const data = { order_id: randomUUID(), customer_id: 'ada', lines, ...how, ...windows };
  return { type: 'PlaceOrder', data, meta: meta() };
}

function meta(): CommandMeta {
  const about = { remember_for_s: 86_400, made_at: -1, actor: 'bench', correlation_id: 'bench', reply_to: null };
  return { command_id: randomUUID(), fingerprint: Buffer.alloc(32, 1), ...about };
}

/** Lets a writer decide everything and prints its rate. */
async function decideAll(log: Log): Promise<void> {
  const started = performance.now();
  let decided = 0;
  const done = Promise.withResolvers<undefined>();
  const fail = (error: unknown): void => done.reject(error);
  const role = await startWriterRole({
    log,
    reading,
    decider,
    partitions,
    eventsTopic: topics.events,
    commandsTopic: topics.commands,
    deadLettersTopic: topics.deadLetters,
    group: 'bench.writer',
    encode: codec.encode,
    limits: { recordsMax: 1_000, bytesMax: 900_000, msMax: 200, commandsMax: 500 },
    pace: realPace,
    queueMax: 5_000,
    watchdogMs: 60_000,
    commitEveryMs: 100,
    alarmRereadMs: 0,
    events: {
      appended: ({ commands }) => {
        decided += commands;
        if (decided > orders) done.resolve(undefined);
      },
      doubt: note,
      failed: (_offset, error) => fail(error),
    },
    alarm: (_partition, alarm) => fail(alarm),
    rebuilt: () => undefined,
    trouble: note,
    stuck: () => fail(new Error('the writer is stuck')),
  });
  await done.promise;
  const seconds = (performance.now() - started) / 1_000;
  console.log(
    `the writer decided ${decided} commands in ${seconds.toFixed(1)} s, ${Math.round(decided / seconds)} a second`,
  );
  await role.stop();
}

async function rebuild(log: Log): Promise<number> {
  const journal = createPartitionJournal({ log, topic: topics.events, partition: 0, partitions, reading, decider });
  const started = performance.now();
  await journal.catchUp();
  const ms = performance.now() - started;
  console.log(`rebuilt ${journal.tally().counted} events in ${Math.round(ms)} ms`);
  return ms;
}

await main();
