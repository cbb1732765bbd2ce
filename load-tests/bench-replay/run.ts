// `make bench-replay`: how fast a million events are replayed into each projection, against how fast the same client reads
// them and does nothing. Prints a table, writes the figures as JSON; exits with 1 below a target. Options: --events <n>,
// --only <projection,…>, --json <file>.
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { startReplay, wholeJournal, workOn } from '../../consumers/replay/replay.ts';
import { definitionHash } from '../../projections/generations.ts';
import type { Shipped } from '../../projections/registry.ts';
import { shipped } from '../../projections/registry.ts';
import { createPostgresStore } from '../../projections/store.ts';
import { createCodec } from '../../schemas/codec.ts';
import { commandNames, eventNames } from '../../schemas/generated.ts';
import { topicsOf } from '../../schemas/topics.ts';
import { createKafkaLog } from '../../src/log/kafka/kafka-log.ts';
import { createReading } from '../../src/log/reading.ts';
import { prepareTopics } from '../../src/log/topics.ts';
import { readConfig } from '../../src/platform/config.ts';
import { migrate } from '../../src/platform/migrate.ts';
import { realPace } from '../../src/platform/pace.ts';
import { createPool } from '../../src/platform/postgres.ts';
import { startStack } from '../../stack/stack.ts';
import { eventsPerOrder, generate } from './generate.ts';

const partitions = 8;
const rssMbMax = 700;
const raw = 'raw read';
/** Share of the raw read rate that each projection has to reach at least, and what it aims for. */
const targets: { readonly [projection: string]: { readonly least: number; readonly aim: number } } = {
  kpi: { least: 0.3, aim: 0.5 },
  leaderboards: { least: 0.3, aim: 0.5 },
  'order-state': { least: 0.1, aim: 0.25 },
};

interface Figure {
  readonly name: string;
  readonly events: number;
  readonly seconds: number;
  readonly eventsPerS: number;
  /** Of the mean of the raw rates before and after. */
  readonly share: number;
  /** Highest of the process while it ran. */
  readonly rssMb: number;
  readonly rows: number;
}

const quiet = { warn: () => undefined, debug: () => undefined, trace: () => undefined, error: () => undefined };
const topics = topicsOf('bench');
const codec = createCodec(new Map([...commandNames, ...eventNames].map((name, i) => [name, i + 1])));
const reading = createReading(
  codec,
  () => Promise.resolve(null),
  realPace,
  (error) => console.error(error),
);

type Bench = Awaited<ReturnType<typeof open>>;

async function open(env: { readonly KAFKA_BROKERS: string; readonly DATABASE_URL: string }) {
  const config = readConfig({
    KAFKA_BROKERS: env.KAFKA_BROKERS,
    DATABASE_URL: env.DATABASE_URL,
    LEDGER_POSTGRES_TIMEOUT_MS: '60000',
  });
  const { kafkaBrokers: brokers } = config;
  const kafka = { brokers, clientId: 'bench', requestTimeoutMs: 30_000, appendTimeoutMs: 30_000, logger: quiet };
  await prepareTopics(kafka, { topics, partitions, replicationFactor: 1 });
  await migrate(env.DATABASE_URL);
  const pool = createPool(config, quiet);
  return {
    log: createKafkaLog(kafka),
    topic: topics.events,
    codec,
    reading,
    pool,
    store: createPostgresStore(pool),
    pace: realPace,
    config,
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { events: { type: 'string', default: '1000000' }, only: { type: 'string' }, json: { type: 'string' } },
  });
  const wanted = Number(values.events);
  const stack = await startStack({ servers: ['kafka', 'postgres'] });
  try {
    const bench = await open(stack.env);
    try {
      console.log(`${wanted} events (${eventsPerOrder} an order) in ${partitions} partitions, ${cpus().length} cores`);
      const events = await generate(bench, partitions, wanted);
      tellHead();
      const figures = [tell(await measureRaw(bench, events))];
      const chosen = values.only?.split(',') ?? shipped.map(({ projection }) => projection.name);
      for (const one of shipped) {
        if (!chosen.includes(one.projection.name)) continue;
        // Between two raw reads: a shared machine is not as fast in one minute as in the next.
        const before = figures.findLast(({ name }) => name === raw)?.eventsPerS ?? 1;
        const made = await measure(bench, one);
        const after = await measureRaw(bench, events);
        figures.push(tell({ ...made, share: (2 * made.eventsPerS) / (before + after.eventsPerS) }), tell(after));
      }
      await report(figures, values.json);
    } finally {
      await bench.pool.end();
      await bench.log.close();
    }
  } finally {
    await stack.stop();
  }
}

async function measureRaw({ log, topic }: Bench, events: number): Promise<Figure> {
  const watch = watchMemory();
  const started = performance.now();
  let read = 0;
  for (const { partition, from, to } of await wholeJournal({ log, topic })) {
    await log.read({ topic, partition, from, to }, (records) => void (read += records.length));
  }
  if (read !== events) throw new Error(`${read} records were read of ${events}`);
  return figure(raw, read, performance.now() - started, watch(), 0);
}

async function measure(bench: Bench, one: Shipped): Promise<Figure> {
  const { projection } = one;
  const request = { until: null, untilMs: null, types: null, product: null, file: null, rate: 0 };
  const replay = await startReplay(bench, {
    projection,
    definitionHash: await definitionHash(one),
    name: `bench-${projection.name}`,
    private: true,
    request,
    ranges: await wholeJournal(bench),
    expiresAt: null,
  });
  const watch = watchMemory();
  const started = performance.now();
  let ready = 0;
  // From offset zero to tables with their indexes; the sums of the manifest are no part of it.
  const progress = ({ phase }: { readonly phase: string }): void => {
    if (phase === 'summing' && ready === 0) ready = performance.now();
  };
  const manifest = await workOn(bench, replay, projection, progress, new AbortController().signal);
  const rows = Object.values(manifest.tables).reduce((sum, table) => sum + table.rows, 0);
  const made = figure(projection.name, manifest.events, ready - started, watch(), rows);
  await bench.store.drop({ ...replay, projection });
  return made;
}

function figure(name: string, events: number, ms: number, rssMb: number, rows: number): Figure {
  return { name, events, seconds: ms / 1_000, eventsPerS: (events / ms) * 1_000, share: 1, rssMb, rows };
}

/** Answers the highest resident size of this process since, MB. */
function watchMemory(): () => number {
  let most = 0;
  const look = (): void => void (most = Math.max(most, process.memoryUsage.rss() / 1e6));
  const timer = setInterval(look, 100);
  return () => {
    look();
    clearInterval(timer);
    return Math.round(most);
  };
}

function tellHead(): void {
  console.log(['', 'from offset zero', 'seconds', 'events/s', 'of raw', 'RSS MB', 'rows'].join('\t'));
}

function tell(made: Figure): Figure {
  const { name, seconds, eventsPerS, share, rssMb, rows } = made;
  const target = targets[name];
  const verdict =
    target === undefined ? '' : share >= target.aim ? 'ok' : share >= target.least ? 'ok, below the aim' : 'TOO SLOW';
  const cells = [name.padEnd(16), seconds.toFixed(1), Math.round(eventsPerS), share.toFixed(2), rssMb, rows, verdict];
  console.log(['', ...cells].join('\t'));
  return made;
}

async function report(figures: readonly Figure[], file: string | undefined): Promise<void> {
  const slow = figures.filter(({ name, share }) => share < (targets[name]?.least ?? 0));
  const large = figures.filter(({ rssMb }) => rssMb > rssMbMax);
  const misses = [
    ...slow.map(({ name, share }) => `${name} reads ${share.toFixed(2)} of the raw rate`),
    ...large.map(({ name, rssMb }) => `${name} takes ${rssMb} MB`),
  ];
  if (file !== undefined)
    await writeFile(file, `${JSON.stringify({ at: new Date().toISOString(), figures }, null, 2)}\n`);
  for (const miss of misses) console.log(`MISSED: ${miss}`);
  process.exitCode = misses.length > 0 ? 1 : 0;
}

await main();
