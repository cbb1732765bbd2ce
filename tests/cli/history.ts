// Histories for the audit: commands decided by the real decider, changed by a test, and laid into a log in memory.
import type { CommandRecord, EventRecord } from '../../schemas/records.ts';
import type { AuditReport } from '../../src/cli/audit/audit.ts';
import { audit } from '../../src/cli/audit/audit.ts';
import { decideBatch } from '../../src/log/batch.ts';
import { positionHeader, positionOf } from '../../src/log/journal.ts';
import type { MemoryLog } from '../../src/log/memory/memory-log.ts';
import type { OutgoingRecord } from '../../src/log/port.ts';
import {
  codec,
  contextOf,
  create,
  command,
  inject,
  memoryLog,
  open,
  opened,
  place,
  plainReading,
  queued,
  topics,
  uuid,
} from '../log/fixture.ts';

/** Text is poison, `null` an offset without a record. */
type Commands = readonly (CommandRecord | string | null)[];

const apples = 5;
/** One of each: products, an order, its repeat, a shortage, a reused key, poison, a change, a delivery, a cancellation. */
export const usual: Commands = [
  create(1, 'apple', apples),
  create(2, 'pear', null),
  place(3, ['apple', 'pear']),
  place(3, ['apple', 'pear']),
  place(3, ['pear'], { fingerprint: Buffer.alloc(32, 99) }),
  'poison',
  null,
  adjust(4, -4),
  place(5, ['apple']),
  adjust(6, 3),
  place(7, ['apple']),
  cancel(8, 7),
  cancel(9, 7),
];

export function adjust(n: number, delta: number): CommandRecord {
  const more = { set_to: null, expected_version: null, reason: 'count', reference: null };
  return command(n, { type: 'AdjustStock', data: { product_id: 'apple', delta, ...more } });
}

/** Cancels the order that the nth command placed. */
export function cancel(n: number, order: number): CommandRecord {
  const data = { order_id: uuid(1_000 + order), expected_version: null, reason: 'no' };
  return command(n, { type: 'CancelOrder', data });
}

/** The events that these commands lead to, genesis not among them. */
export async function decided(commands: Commands): Promise<EventRecord[]> {
  const { journal } = await opened();
  return [...decideBatch(contextOf(journal), queued(commands)).events];
}

/** Audits a log that holds these commands and events; `loose` lie behind them and state no offset. `tamper` has it last. */
export async function auditOf(
  commands: Commands,
  events: readonly EventRecord[],
  {
    loose = 0,
    atRest = true,
    tamper = () => undefined,
  }: { readonly loose?: number; readonly atRest?: boolean; readonly tamper?: (log: MemoryLog) => void } = {},
): Promise<AuditReport> {
  const log = memoryLog();
  await open(log);
  const asked = commands.map((one) => {
    if (one === null) return 'hole' as const;
    return { value: typeof one === 'string' ? Buffer.from(one) : codec.encode(one) };
  });
  log.inject(topics.commands, 0, asked);
  const records = events.map((event, i) => recordOf(event, i + 1));
  inject(log, [...records, ...records.slice(0, loose)]);
  tamper(log);
  const options = { log, topics, reading: plainReading(), stores: null, atRest };
  return audit(options, new AbortController().signal);
}

/** A record for the journal that states an offset. */
export function recordOf(event: EventRecord, offset: number): OutgoingRecord {
  return { key: null, value: codec.encode(event), headers: { [positionHeader]: positionOf(offset, []) } };
}
