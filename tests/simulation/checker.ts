// The simulation's judgement: counted events by a canonical rule of its own, so that a mistake in the ledger's is seen,
// and the judge of `ledger audit` for everything else. An empty list is a clean history.
import type { Codec } from '../../schemas/codec.ts';
import type { EventRecord } from '../../schemas/records.ts';
import type { CommandAt } from '../../src/cli/audit/judge.ts';
import { createJudge } from '../../src/cli/audit/judge.ts';
import type { LogRecord } from '../../src/log/port.ts';

export interface CountedEvent {
  readonly offset: number;
  readonly event: EventRecord;
}

/** Counted events of one journal partition. */
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

/** Checks one partition at rest: `commands` and `journal` are all its records. What is only strange counts here too. */
export function findings(commands: readonly LogRecord[], journal: readonly LogRecord[], codec: Codec): string[] {
  const found: string[] = [];
  const judge = createJudge({
    note: (rule, offset, text) => found.push(`offset ${offset}: ${rule}: ${text}`),
    warn: (offset, text) => found.push(`offset ${offset}: ${text}`),
  });
  for (const { offset, event } of countedEvents(journal, codec)) {
    judge.take({ ...event, offset }, commandAt(commands[event.meta.command_offset], codec));
  }
  const next = judge.end();
  if (next !== commands.length) found.push(`${commands.length} commands, and ${next} of them have an outcome`);
  return found;
}

function commandAt(record: LogRecord | undefined, codec: Codec): CommandAt | null {
  if (record === undefined) return null;
  if (record.hole) return { kind: 'hole' };
  const { at } = record;
  const decoded = codec.decode(record.value ?? Buffer.alloc(0));
  return decoded.kind === 'command' ? { kind: 'command', at, record: decoded.record } : { kind: 'poison', at };
}
