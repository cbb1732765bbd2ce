// What snapshots are for: a ledger with 1,000,000 events of history, made by the real write path, is rebuilt in seconds
// and answers as fast as an empty one. Prints the figures; exits with 1 when one is missed. Run: npm run bench:rebuild, or
// with another number of events: npm run bench:rebuild -- 200000
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { checkSchemas } from '../../schemas/registry.ts';
import { topicsOf } from '../../schemas/topics.ts';
import * as decider from '../../src/domain/decider.ts';
import { stateCodec } from '../../src/domain/snapshot.ts';
import { createCodec } from '../../schemas/codec.ts';
import { checkGenesis } from '../../src/log/genesis.ts';
import { createKafkaLog } from '../../src/log/kafka/kafka-log.ts';
import { createReading } from '../../src/log/reading.ts';
import { verifySnapshots } from '../../src/log/snapshot-audit.ts';
import type { Manifest } from '../../src/log/snapshot-record.ts';
import { realPace } from '../../src/platform/pace.ts';
import { startStack } from '../../stack/stack.ts';
import { compareLatency } from './latency.ts';
import { prepareLedger } from './service.ts';
import type { BenchLedger } from './writing.ts';
import { benchSnapshots, decideAll, median, note, sendOrders, settings, startBenchWriter } from './writing.ts';

const partitions = 8;
const products = 125;
const events = Number(process.argv[2] ?? 1_000_000);
const ordersPerPartition = (events / 2 - products * partitions) / partitions;
/** Of one partition; as it is by default, unless the history is too short for that. */
const snapshotEvery = Math.min(settings.snapshotEvery, events / partitions / 2);
const rebuilds = 3;
const rebuildMsMax = 3_000;
/** Of the median of an empty ledger. */
const latencyShareMax = 1.1;

async function main(): Promise<void> {
  const stack = await startStack();
  const env = { ...stack.env, LEDGER_PARTITIONS: String(partitions) };
  const running = new AsyncDisposableStack();
  running.defer(() => stack.stop());
  try {
    const [large, empty] = [await prepareLedger(env, 'large'), await prepareLedger(env, 'empty')];
    const ledger = await open(large.env, running);
    await makeHistory(ledger);
    const zero = { ...benchSnapshots(ledger), find: () => Promise.resolve(null) };
    await rebuild(ledger, zero, 'without snapshots');
    const times: number[] = [];
    for (let i = 0; i < rebuilds; i++) times.push(await rebuild(ledger, benchSnapshots(ledger), 'with snapshots'));
    const isFast = median(times) <= rebuildMsMax;
    console.log(
      `the median is ${Math.round(median(times))} ms, at most ${rebuildMsMax}: ${isFast ? 'ok' : 'TOO SLOW'}`,
    );

    await measureBlocks(ledger);
    const share = await compareLatency(large, empty);
    const isEven = share <= latencyShareMax;
    console.log(
      `that is ${share.toFixed(3)} of the empty one's, at most ${latencyShareMax}: ${isEven ? 'ok' : 'TOO SLOW'}`,
    );
    const audited = { ...ledger, topic: ledger.topics.snapshots, eventsTopic: ledger.topics.events };
    const { findings, compared } = await verifySnapshots({ ...audited, states: stateCodec, decider });
    console.log(`audit of ${compared} snapshots against the journal: ${findings.length} findings`);
    process.exitCode = isFast && isEven && findings.length === 0 ? 0 : 1;
  } finally {
    await running.disposeAsync();
  }
}

/** Connects to a ledger that was prepared. */
async function open(env: { readonly [name: string]: string }, running: AsyncDisposableStack): Promise<BenchLedger> {
  const prefix = env['LEDGER_TOPIC_PREFIX'] ?? '';
  const topics = topicsOf(prefix);
  const logger = { warn: () => undefined, debug: () => undefined, trace: () => undefined };
  const brokers = (env['KAFKA_BROKERS'] ?? '').split(',');
  const kafka = { brokers, clientId: 'bench', requestTimeoutMs: 5_000, appendTimeoutMs: 3_000, logger };
  const log = running.adopt(createKafkaLog(kafka), (one) => one.close());
  const codec = createCodec(await checkSchemas(env['SCHEMA_REGISTRY_URL'] ?? '', topics));
  const reading = createReading(codec, () => Promise.resolve(null), realPace, note);
  const ledgerId = await checkGenesis({ log, topic: topics.events, partitions, reading });
  return { log, topics, partitions, codec, reading, ledgerId, group: `${prefix}.writer` };
}

/** Ends as a crash would, with the last snapshots some way behind. */
async function makeHistory(ledger: BenchLedger): Promise<void> {
  const ends = new Map<number, number>();
  const written = (manifest: Manifest, ms: number): void => {
    ends.set(manifest.partition, manifest.end);
    tellSnapshot(manifest, ms);
  };
  const taking = benchSnapshots(ledger, { every: snapshotEvery, written });
  const snapshots = { ...taking, stop: () => Promise.resolve() };
  // Genesis, an event for each product, and two for each order.
  const journalEnd = 1 + products + 2 * ordersPerPartition;
  const isDone = (): boolean => {
    const late = [...ends.values()].filter((end) => journalEnd - end >= snapshotEvery);
    return ends.size === partitions && late.length === 0;
  };
  await sendOrders(ledger, ordersPerPartition, products);
  await decideAll(ledger, (ordersPerPartition + products) * partitions, snapshots, isDone);
}

async function rebuild(
  ledger: BenchLedger,
  snapshots: ReturnType<typeof benchSnapshots>,
  how: string,
): Promise<number> {
  const before = process.cpuUsage();
  const writer = await startBenchWriter(ledger, snapshots);
  const ms = await Promise.race([writer.ready, writer.failed]);
  const { user, system } = process.cpuUsage(before);
  const cost = `${Math.round(ms)} ms, ${Math.round((user + system) / 1_000)} ms of them at work`;
  console.log(`rebuilt ${how}, ${writer.read()} events read, in ${cost}`);
  await writer.role.stop();
  return ms;
}

/** Takes a snapshot of every partition in a process that does nothing else, and prints how long it ever kept others waiting. */
async function measureBlocks(ledger: BenchLedger): Promise<void> {
  const taken: string[] = [];
  const written = ({ bytes }: Manifest, ms: number): void => {
    taken.push(`${(bytes / 1e6).toFixed(1)} MB in ${Math.round(ms)} ms`);
  };
  const snapshots = benchSnapshots(ledger, { every: 1, written });
  const writer = await startBenchWriter(ledger, {
    ...snapshots,
    offer: () => undefined,
    find: () => Promise.resolve(null),
  });
  await Promise.race([writer.ready, writer.failed]);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await writer.role.stop();
  delay.disable();
  console.log(`snapshots at the end: ${taken.join('; ')}`);
  const [longest, p99] = [delay.max / 1e6, delay.percentile(99) / 1e6];
  console.log(`the longest block of the event loop meanwhile was ${longest.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
}

function tellSnapshot({ partition, end, bytes, pieces }: Manifest, ms: number): void {
  const size = `${(bytes / 1e6).toFixed(1)} MB in ${pieces} pieces`;
  console.log(`snapshot of partition ${partition} up to ${end}: ${size}, ${Math.round(ms)} ms beside the commands`);
}

await main();
