// What snapshots are for: a ledger with 1,000,000 events of history, made by the real write path, is rebuilt in seconds
// and answers as fast as an empty one. Prints the figures; exits with 1 when one is missed. Run: npm run bench:rebuild, or
// with another number of events: npm run bench:rebuild -- 200000
import { checkSchemas } from '../../schemas/registry.ts';
import { topicsOf } from '../../schemas/topics.ts';
import { createCodec } from '../../schemas/codec.ts';
import { checkGenesis } from '../../src/log/genesis.ts';
import { createKafkaLog } from '../../src/log/kafka/kafka-log.ts';
import { createReading } from '../../src/log/reading.ts';
import type { Manifest } from '../../src/log/snapshot-record.ts';
import { recordsBetween } from '../../src/log/snapshots.ts';
import { realPace } from '../../src/platform/pace.ts';
import { startStack } from '../../stack/stack.ts';
import { compareLatency } from './latency.ts';
import { prepareLedger, verb } from './service.ts';
import type { BenchLedger } from './writing.ts';
import { benchSnapshots, decideAll, median, note, settings, startBenchWriter } from './writing.ts';
import { sendOrders, sendProducts } from './writing.ts';

const partitions = 8;
const products = 125;
const events = Number(process.argv[2] ?? 1_000_000);
/** Of one partition; as it is by default, unless the history is too short for that. */
const snapshotEvery = Math.min(settings.snapshotEvery, events / partitions / 4);
/** Of one partition: about half of what comes between two snapshots at the end, as when a writer is killed. */
const lateOrders = Math.floor(events / partitions / 32);
/** All of one partition but those; genesis, an event for each product, and two for each order make its history. */
const earlyOrders = Math.floor((events / partitions - products - 1) / 2) - lateOrders;
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
    const times: number[] = [];
    for (let i = 0; i < rebuilds; i++) times.push(await rebuild(ledger, benchSnapshots(ledger), 'after a crash'));
    const isFast = median(times) <= rebuildMsMax;
    const verdict = isFast ? 'ok' : 'TOO SLOW';
    console.log(`the median is ${Math.round(median(times))} ms, at most ${rebuildMsMax}: ${verdict}`);
    await rebuildFromZero(ledger);
    await rebuild(ledger, benchSnapshots(ledger), 'after a clean stop');

    const share = await compareLatency(large, empty);
    const isEven = share <= latencyShareMax;
    console.log(
      `that is ${share.toFixed(3)} of the empty one's, at most ${latencyShareMax}: ${isEven ? 'ok' : 'TOO SLOW'}`,
    );
    console.log(await verb(large.env, 'audit', '--at-rest', '--log-only'));
    process.exitCode = isFast && isEven ? 0 : 1;
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

/** Ends as a crash would, some events behind the last snapshots. */
async function makeHistory(ledger: BenchLedger): Promise<void> {
  const newest = new Map<number, Manifest>();
  const written = (manifest: Manifest, ms: number): void => {
    newest.set(manifest.partition, manifest);
    tellSnapshot(manifest, ms);
  };
  const rules = { every: snapshotEvery, bytesPerEventMax: settings.snapshotBytesPerEventMax };
  const taking = { ...benchSnapshots(ledger, { ...rules, written }), stop: () => Promise.resolve() };
  const earlyEnd = 1 + products + 2 * earlyOrders;
  const isDone = (): boolean => {
    const late = [...newest.values()].filter(({ end, bytes }) => earlyEnd - end >= recordsBetween(rules, bytes));
    return newest.size === partitions && late.length === 0;
  };
  await sendProducts(ledger, products);
  await sendOrders(ledger, earlyOrders, products);
  await decideAll(ledger, (products + earlyOrders) * partitions, taking, isDone);
  await sendOrders(ledger, lateOrders, products);
  await decideAll(ledger, lateOrders * partitions, benchSnapshots(ledger));
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

/** Then stops as a service does, with a snapshot of every partition, and prints how long it ever kept others waiting. */
async function rebuildFromZero(ledger: BenchLedger): Promise<void> {
  const taken: string[] = [];
  const written = ({ bytes }: Manifest, ms: number): void => {
    taken.push(`${(bytes / 1e6).toFixed(1)} MB in ${Math.round(ms)} ms`);
  };
  const { stop } = benchSnapshots(ledger, { every: snapshotEvery, written });
  let longestMs = 0;
  await rebuild(
    ledger,
    {
      ...benchSnapshots(ledger),
      find: () => Promise.resolve(null),
      stop: async (journals) => {
        const watch = watchBlocks();
        await stop(journals);
        longestMs = watch.stop();
      },
    },
    'without snapshots',
  );
  console.log(`snapshots at the end: ${taken.join('; ')}`);
  console.log(`they kept others waiting for at most ${longestMs.toFixed(1)} ms`);
}

/** Watches for the longest work of this thread between two turns of its event loop; times of other threads are none. */
function watchBlocks(): { stop(): number } {
  let longestUs = 0;
  let last = process.threadCpuUsage();
  let next = setImmediate(turn);
  function turn(): void {
    const now = process.threadCpuUsage();
    longestUs = Math.max(longestUs, now.user - last.user + now.system - last.system);
    last = now;
    next = setImmediate(turn);
  }
  return {
    stop: () => {
      clearImmediate(next);
      return longestUs / 1_000;
    },
  };
}

function tellSnapshot({ partition, end, bytes, pieces }: Manifest, ms: number): void {
  const size = `${(bytes / 1e6).toFixed(1)} MB in ${pieces} pieces`;
  console.log(`snapshot of partition ${partition} up to ${end}: ${size}, ${Math.round(ms)} ms beside the commands`);
}

await main();
