// The log of a ledger under test, read from zero and judged by the simulation's independent rules.
import { createCodec } from '../../schemas/codec.ts';
import { checkSchemas } from '../../schemas/registry.ts';
import { topicsOf } from '../../schemas/topics.ts';
import type { EventRecord } from '../../schemas/records.ts';
import { createKafkaLog } from '../../src/log/kafka/kafka-log.ts';
import type { Log, LogRecord } from '../../src/log/port.ts';
import { countedEvents, findings } from '../simulation/checker.ts';
import type { TestLedger } from './ledger.ts';
import { servers } from './servers.ts';

const quiet = { warn: () => undefined, debug: () => undefined, trace: () => undefined };

export interface LedgerHistory {
  /** What the judge found wrong; empty when the ledger kept its promises. */
  readonly findings: readonly string[];
  /** Counted events of all partitions, each partition in order. */
  readonly events: readonly EventRecord[];
  readonly commands: number;
  readonly voids: number;
}

/** A log on the shared Kafka. */
export function openLog(): Log {
  const { kafkaBrokers: brokers } = servers();
  return createKafkaLog({ brokers, clientId: 'test', requestTimeoutMs: 5_000, appendTimeoutMs: 3_000, logger: quiet });
}

/** Reads both topics of a ledger whole and judges them. The ledger must be at rest. */
export async function judge({ prefix }: TestLedger): Promise<LedgerHistory> {
  const topics = topicsOf(prefix);
  const codec = createCodec(await checkSchemas(servers().schemaRegistryUrl, topics));
  const log = openLog();
  try {
    const found: string[] = [];
    const events: EventRecord[] = [];
    let commandCount = 0;
    let voids = 0;
    for (const partition of (await log.ends(topics.events)).keys()) {
      const commands = await readAll(log, topics.commands, partition);
      const journal = await readAll(log, topics.events, partition);
      found.push(...findings(commands, journal, codec).map((text) => `partition ${partition}: ${text}`));
      const counted = countedEvents(journal, codec);
      events.push(...counted.map(({ event }) => event));
      commandCount += commands.length;
      voids += journal.length - counted.length;
    }
    return { findings: found, events, commands: commandCount, voids };
  } finally {
    await log.close();
  }
}

async function readAll(log: Log, topic: string, partition: number): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  const to = (await log.ends(topic)).get(partition)?.high ?? 0;
  await log.read({ topic, partition, from: 0, to }, (page) => void records.push(...page));
  return records;
}
