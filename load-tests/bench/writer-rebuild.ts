// How long a writer takes to rebuild 100,000 events from a real Kafka, made by the real write path: 50,000 orders of
// one line. Prints the figures; exits with 1 when the median rebuild takes over a second. Run: npm run bench:writer
import { randomUUID } from 'node:crypto';
import { createCodec } from '../../schemas/codec.ts';
import { commandNames, eventNames } from '../../schemas/generated.ts';
import { topicsOf } from '../../schemas/topics.ts';
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
import { benchSnapshots, decideAll, median, note, sendOrders, sendProducts } from './writing.ts';

const orders = 50_000;
const rebuilds = 5;
const rebuildMsMax = 1_000;
const partitions = 1;

const topics = topicsOf('bench');
const codec = createCodec(new Map([...commandNames, ...eventNames].map((name, i) => [name, i + 1])));
const reading = createReading(codec, () => Promise.resolve(null), realPace, note);

async function main(): Promise<void> {
  const stack = await startStack({ servers: ['kafka'] });
  const logger = { warn: () => undefined, debug: () => undefined, trace: () => undefined };
  const { kafkaBrokers: brokers } = readConfig({ KAFKA_BROKERS: stack.env.KAFKA_BROKERS });
  const kafka = { brokers, clientId: 'bench', requestTimeoutMs: 5_000, appendTimeoutMs: 3_000, logger };
  await prepareTopics(kafka, { topics, partitions, replicationFactor: 1 });
  const log = createKafkaLog(kafka);
  try {
    const opening = { log, topic: topics.events, partitions, reading, encode: codec.encode, ledgerId: randomUUID() };
    const ledger = { ...opening, topics, codec, group: 'bench.writer', ledgerId: await openLedger(opening) };
    await sendProducts(ledger, 1);
    await sendOrders(ledger, orders, 1);
    await decideAll(ledger, orders + 1, benchSnapshots(ledger));
    const times = [];
    for (let i = 0; i < rebuilds; i++) times.push(await rebuild(log));
    const isFast = median(times) <= rebuildMsMax;
    console.log(
      `median rebuild ${Math.round(median(times))} ms, at most ${rebuildMsMax}: ${isFast ? 'ok' : 'TOO SLOW'}`,
    );
    process.exitCode = isFast ? 0 : 1;
  } finally {
    await log.close();
    await stack.stop();
  }
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
