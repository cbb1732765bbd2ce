// One journal partition as a writer knows it: the fold of its counted records up to `end`. Nothing enters it that was
// not acknowledged where it was meant to land, or read.
import type { EventRecord } from '../../schemas/records.ts';
import { LedgerAlarm } from './alarm.ts';
import type { Decider } from './decider-port.ts';
import type { Place } from './journal.ts';
import { counts, isWhole, mayFollow } from './journal.ts';
import type { Log, LogRecord } from './port.ts';
import type { Reading } from './reading.ts';

/** The last counted event, as far as later rules need it. */
export interface LastEvent extends Place {
  readonly command_id: string;
  /** Log time, ms. */
  readonly at: number;
  /** Type of the event and, for a refusal, its reason: tells whether a record lay at the command's offset. */
  readonly reason: string;
}

/** How many records of each kind were read or appended since the fold began. */
export interface Tally {
  readonly counted: number;
  readonly void: number;
}

export interface PartitionJournal<S> {
  readonly partition: number;
  /** The fold of all counted records below `end`. */
  state(): S;
  /** Offset at which the next record of this partition will land, as far as known. */
  end(): number;
  last(): LastEvent | null;
  /** Offset of the last decided command; -1 after genesis, -2 before it. */
  progress(): number;
  /** Log time: running maximum over counted events, ms. */
  time(): number;
  /** Reads from `end` to the end that the broker reports. @throws LogError, LedgerAlarm */
  catchUp(signal?: AbortSignal): Promise<void>;
  tally(): Tally;
  /** Takes over an overlay whose events were acknowledged at exactly `end`. */
  accept(overlay: S, events: readonly EventRecord[]): void;
}

export interface JournalSource<S> {
  readonly log: Log;
  readonly topic: string;
  readonly partition: number;
  /** Partition count of this ledger: genesis must agree. */
  readonly partitions: number;
  readonly reading: Reading;
  readonly decider: Decider<S>;
}

/** An empty fold; `catchUp` fills it. */
export function createPartitionJournal<S>(source: JournalSource<S>): PartitionJournal<S> {
  const { log, topic, partition, reading, decider } = source;
  let state = decider.initial();
  let end = 0;
  let last: LastEvent | null = null;
  let time = 0;
  const tally = { counted: 0, void: 0 };

  function follow(event: EventRecord, offset: number): void {
    if (!mayFollow(last, event.meta)) throw broken(partition, last, event, offset);
    if (event.type === 'LedgerOpened' && event.data.partitions !== source.partitions) {
      const text = `the ledger was opened with ${event.data.partitions} partitions and is configured with ${source.partitions}`;
      throw new LedgerAlarm('wrong_ledger', partition, text);
    }
    last = lastOf(event);
    tally.counted += 1;
    time = Math.max(time, event.meta.at);
  }

  async function fold(records: readonly LogRecord[], signal?: AbortSignal): Promise<void> {
    for (const record of records) {
      if (counts(record)) {
        const read = reading.event(partition, record, signal);
        const event = read instanceof Promise ? await read : read;
        follow(event, record.offset);
        decider.evolve(state, { ...event, offset: record.offset });
      } else {
        tally.void += 1;
      }
      end = record.offset + 1;
    }
  }

  async function catchUp(signal?: AbortSignal): Promise<void> {
    const high = (await log.ends(topic)).get(partition)?.high ?? 0;
    if (high < end) {
      throw new LedgerAlarm('journal_shrank', partition, `the journal ends at ${high}, but ${end} was its end before`);
    }
    if (high > end) {
      await log.read({ topic, partition, from: end, to: high }, (records) => fold(records, signal), signal);
      end = high;
    }
    if (last === null || !isWhole(last)) {
      const text =
        last === null
          ? 'the journal has no genesis event; run `ledger prepare`'
          : `the journal ends inside command ${last.command_offset}`;
      throw new LedgerAlarm('journal_broken', partition, text);
    }
  }

  return {
    partition,
    state: () => state,
    end: () => end,
    last: () => last,
    progress: () => last?.command_offset ?? -2,
    time: () => time,
    catchUp,
    tally: () => ({ ...tally }),
    accept: (overlay, events) => {
      for (const event of events) follow(event, end++);
      state = decider.settle(overlay);
    },
  };
}

function lastOf({ type, data, meta }: EventRecord): LastEvent {
  const { command_offset, index, count, command_id, at } = meta;
  return { command_offset, index, count, command_id, at, reason: type === 'CommandRefused' ? data.reason : '' };
}

function broken(partition: number, last: Place | null, event: EventRecord, offset: number): LedgerAlarm {
  const before =
    last === null ? 'nothing' : `event ${last.index + 1} of ${last.count} of command ${last.command_offset}`;
  const { command_offset, index, count } = event.meta;
  const text = `the journal has a gap: ${before} is followed at offset ${offset} by event ${index + 1} of ${count} of command ${command_offset}`;
  return new LedgerAlarm('journal_broken', partition, text);
}
