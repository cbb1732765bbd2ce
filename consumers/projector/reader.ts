// From counted records of one partition to events, in order and without a gap. Where the schema of a record has to be
// asked for, the partition waits and the others go on.
import type { JournalEvent } from '../../projections/projection.ts';
import type { EventRecord } from '../../schemas/records.ts';
import { LedgerAlarm } from '../../src/log/alarm.ts';
import { mayFollow } from '../../src/log/journal.ts';
import type { Place } from '../../src/log/journal.ts';
import type { LogRecord } from '../../src/log/port.ts';

export interface Reader {
  /**
   * The event of the next counted record; null where it is not known yet: `wake` tells when to ask again with the same
   * record. @throws what the decoder throws; LedgerAlarm `journal_broken`
   */
  read(record: LogRecord): JournalEvent | null;
}

export interface ReaderOptions {
  readonly partition: number;
  readonly decode: (record: LogRecord) => EventRecord | Promise<EventRecord>;
  /** Whether the first record is the first of the journal; from its middle any place may come first. */
  readonly fromGenesis: boolean;
  readonly wake: () => void;
}

type Slow =
  | { readonly kind: 'decoding' }
  | { readonly kind: 'decoded'; readonly event: EventRecord }
  | { readonly kind: 'failed'; readonly error: unknown };

export function createReader({ partition, decode, fromGenesis, wake }: ReaderOptions): Reader {
  let place: Place | null | 'any' = fromGenesis ? null : 'any';
  let slow: Slow | null = null;

  function event(record: LogRecord): EventRecord | null {
    if (slow?.kind === 'decoding') return null;
    if (slow?.kind === 'failed') throw slow.error;
    if (slow?.kind === 'decoded') return slow.event;
    const decoded = decode(record);
    if (!(decoded instanceof Promise)) return decoded;
    slow = { kind: 'decoding' };
    decoded
      .then(
        (late) => (slow = { kind: 'decoded', event: late }),
        (error: unknown) => (slow = { kind: 'failed', error }),
      )
      .finally(wake);
    return null;
  }

  return {
    read(record) {
      const found = event(record);
      if (found === null) return null;
      slow = null;
      if (place !== 'any' && !mayFollow(place, found.meta)) {
        const text = `the event at offset ${record.offset} does not follow the one before it: history is missing`;
        throw new LedgerAlarm('journal_broken', partition, text);
      }
      place = found.meta;
      return { ...found, offset: record.offset, partition };
    },
  };
}
