// A history over two partitions for the audit: orders that ask each other's partition, decided by the real decider, with
// every message delivered at once.
import type { CommandRecord, EventRecord } from '../../schemas/records.ts';
import type { AuditReport } from '../../src/cli/audit/audit.ts';
import { audit } from '../../src/cli/audit/audit.ts';
import { messagesOf, recordOf as messageOf } from '../../src/domain/messages.ts';
import { decideBatch } from '../../src/log/batch.ts';
import { codec, command, contextOf, create, journalOf, memoryLog, open, place, plainReading } from '../log/fixture.ts';
import { queued, topics, uuid } from '../log/fixture.ts';
import { cancel, recordOf } from './history.ts';

/** What lies in one partition, genesis not among it. */
export interface PartitionHistory {
  readonly commands: CommandRecord[];
  readonly events: EventRecord[];
}

const partitions = 2;
const attempt = uuid(7_777);

/** Bread lives in partition 0, dates in 1: an order of both lives with the bread. */
const asked: readonly (readonly [partition: number, CommandRecord])[] = [
  [0, create(1, 'bread', 9)],
  [1, create(2, 'dates', 1)],
  [0, place(3, ['bread', 'dates'])],
  [0, cancel(4, 3)],
  [0, place(5, ['bread', 'dates'])],
  [0, command(6, { type: 'RequestPayment', data: { order_id: uuid(1_005) } })],
  [0, command(7, { type: 'BeginProcessing', data: { order_id: uuid(1_005), attempt_id: attempt } })],
  [0, command(8, { type: 'RecordPayment', data: captured(1_005) })],
  [0, place(9, ['bread', 'dates'])],
];

function captured(order: number) {
  const amount = { amount: 500, currency: 'USD' };
  const rest = { attempt_id: attempt, result: 'captured', amount, reason: null, gateway_reference: 'g' } as const;
  return { order_id: uuid(order), ...rest };
}

/** Decides it all. */
export async function decidedApart(): Promise<readonly PartitionHistory[]> {
  const log = memoryLog({}, partitions);
  await open(log, partitions);
  const all = await Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      const journal = journalOf(log, partitions, null, partition);
      await journal.catchUp();
      return { journal, commands: [] as CommandRecord[], events: [] as EventRecord[] };
    }),
  );
  function submit(partition: number, record: CommandRecord): void {
    const own = all[partition];
    if (own === undefined) throw new Error(`there is no partition ${partition}`);
    own.commands.push(record);
    const { journal } = own;
    const batch = decideBatch(contextOf(journal), queued([record], own.commands.length - 1));
    const base = journal.end();
    journal.accept(batch.overlay, batch.events);
    own.events.push(...batch.events);
    const messages = batch.events.flatMap((event, i) => messagesOf({ ...event, offset: base + i }));
    for (const message of messages) submit(message.target, messageOf(message, partition));
  }
  for (const [partition, record] of asked) submit(partition, record);
  return all;
}

/** Audits a log that holds these histories. */
export async function auditApart(histories: readonly PartitionHistory[], atRest = true): Promise<AuditReport> {
  const log = memoryLog({}, partitions);
  await open(log, partitions);
  histories.forEach(({ commands, events }, partition) => {
    const values = commands.map((record) => ({ value: codec.encode(record) }));
    log.inject(topics.commands, partition, values);
    const records = events.map((event, i) => {
      const { value, headers = {} } = recordOf(event, i + 1);
      return { key: null, value, headers };
    });
    log.inject(topics.events, partition, records);
  });
  const options = { log, topics, reading: plainReading(), stores: null, atRest };
  return audit(options, new AbortController().signal);
}
