// The simulation's judgement: counted events by a canonical rule of its own, so that a mistake in the ledger's is seen,
// and the judges of `ledger audit` for everything else. An empty list is a clean history.
import type { Codec } from '../../schemas/codec.ts';
import type { EventRecord } from '../../schemas/records.ts';
import type { Across } from '../../src/cli/audit/across.ts';
import { createAcross } from '../../src/cli/audit/across.ts';
import type { CommandAt } from '../../src/cli/audit/judge.ts';
import { createJudge } from '../../src/cli/audit/judge.ts';
import type { LogRecord } from '../../src/log/port.ts';

export interface CountedEvent {
  readonly offset: number;
  readonly event: EventRecord;
}

/** All records of one partition. */
export interface PartitionLog {
  readonly partition: number;
  readonly commands: readonly LogRecord[];
  readonly journal: readonly LogRecord[];
}

/** Counted events of one journal partition, from an offset on. */
export function countedEvents(records: readonly LogRecord[], codec: Codec): CountedEvent[] {
  const counted: CountedEvent[] = [];
  for (const record of records) {
    const header = record.headers['l'];
    if (!(header instanceof Uint8Array) || Buffer.from(header).readBigUInt64BE(0) !== BigInt(record.offset)) continue;
    const decoded = codec.decode(record.value ?? Buffer.alloc(0));
    if (decoded.kind !== 'event') throw new Error(`counted record ${record.offset} is ${decoded.kind}`);
    counted.push({ offset: record.offset, event: decoded.record });
  }
  return counted;
}

/** Checks a ledger at rest. What is only strange counts here too. */
export function findings(partitions: readonly PartitionLog[], codec: Codec): string[] {
  const found: string[] = [];
  const across = createAcross({
    note: ({ rule, partition, offset, text }) =>
      found.push(`partition ${partition}: offset ${offset}: ${rule}: ${text}`),
    topic: 'events',
    atRest: true,
  });
  for (const each of partitions) judgeOne(each, codec, { across, found });
  across.finish();
  return found;
}

function judgeOne(
  { partition, commands, journal }: PartitionLog,
  codec: Codec,
  { across, found }: { readonly across: Across; readonly found: string[] },
): void {
  const tell = (text: string): number => found.push(`partition ${partition}: ${text}`);
  const judge = createJudge({
    note: (rule, offset, text) => tell(`offset ${offset}: ${rule}: ${text}`),
    warn: (offset, text) => tell(`offset ${offset}: ${text}`),
  });
  for (const { offset, event } of countedEvents(journal, codec)) {
    judge.take({ ...event, offset }, commandAt(commands[event.meta.command_offset], codec));
    across.take(partition, { ...event, offset });
  }
  const next = judge.end();
  if (next !== commands.length) tell(`${commands.length} commands, and ${next} of them have an outcome`);
  across.end(partition, judge, commands.length - next);
}

function commandAt(record: LogRecord | undefined, codec: Codec): CommandAt | null {
  if (record === undefined) return null;
  if (record.hole) return { kind: 'hole' };
  const { at } = record;
  const decoded = codec.decode(record.value ?? Buffer.alloc(0));
  return decoded.kind === 'command' ? { kind: 'command', at, record: decoded.record } : { kind: 'poison', at };
}
