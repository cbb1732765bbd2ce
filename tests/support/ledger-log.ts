// The log of a ledger under test, read from zero: judged by the rules of `ledger audit`, and its events for a test to
// compare with what callers were told.
import { createCodec } from '../../schemas/codec.ts';
import type { EventRecord } from '../../schemas/records.ts';
import { checkSchemas } from '../../schemas/registry.ts';
import { topicsOf } from '../../schemas/topics.ts';
import type { Finding } from '../../src/cli/audit/findings.ts';
import { auditLog } from '../../src/cli/audit/log-audit.ts';
import { createKafkaLog } from '../../src/log/kafka/kafka-log.ts';
import type { Log } from '../../src/log/port.ts';
import { createReading } from '../../src/log/reading.ts';
import { realPace } from '../../src/platform/pace.ts';
import type { TestLedger } from './ledger.ts';
import { servers } from './servers.ts';

const quiet = { warn: () => undefined, debug: () => undefined, trace: () => undefined };

export interface LedgerHistory {
  /** What is wrong or strange; empty when the ledger kept its promises. */
  readonly findings: readonly Finding[];
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
  const reading = createReading(codec, () => Promise.resolve(null), realPace, quiet.warn);
  const log = openLog();
  try {
    const findings: Finding[] = [];
    const note = (finding: Finding): void => void findings.push(finding);
    const events: EventRecord[] = [];
    const onEvent = (_partition: number, event: EventRecord): void => void events.push(event);
    const options = { log, topics, reading, note, warn: note, atRest: true, onEvent };
    const { partitions } = await auditLog(options, new AbortController().signal);
    const sum = (figure: 'commands' | 'voids'): number => partitions.reduce((total, one) => total + one[figure], 0);
    return { findings, events, commands: sum('commands'), voids: sum('voids') };
  } finally {
    await log.close();
  }
}
