// One journal partition as a writer knows it: the fold of its counted records up to `end`. Nothing enters it that was
// not acknowledged where it was meant to land, or read.
import type { EventRecord } from '../../schemas/records.ts';
import { LedgerAlarm } from './alarm.ts';
import type { Decider } from './decider-port.ts';
import type { Place } from './journal.ts';
import { createHoldableState } from './held-state.ts';
import { counts, isWhole, mayFollow } from './journal.ts';
import type { Log, LogRecord } from './port.ts';
import type { Reading } from './reading.ts';

/** The last counted event, as far as later rules need it. */
export interface LastEvent extends Place {
  /** Where it lies. */
  readonly offset: number;
  readonly command_id: string;
  /** Log time, ms. */
  readonly at: number;
  /** Type of the event and, for a refusal, its reason: tells whether a record lay at the command's offset. */
  readonly reason: string;
}

/** A fold as it was at some moment: what a journal can go on from, and what a snapshot is made of. */
export interface Fold<S> {
  readonly state: S;
  /** Offset behind the last counted event. */
  readonly end: number;
  readonly last: LastEvent;
  /** Log time, ms. */
  readonly time: number;
}

/** A fold that stays as it is while the journal goes on. */
export interface HeldFold<S> extends Fold<S> {
  /** It is not needed any more. */
  release(): void;
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
  /** Reads from `end` to the end that the broker reports, or to `to`. @throws LogError, LedgerAlarm */
  catchUp(signal?: AbortSignal, to?: number): Promise<void>;
  tally(): Tally;
  /** Takes over an overlay whose events were acknowledged at exactly `end`. */
  accept(overlay: S, events: readonly EventRecord[]): void;
  /**
   * Holds the fold still at no cost: what comes later goes into a layer above it. To be called while no batch is being
   * decided or appended, not again before `release`, and not before genesis was read.
   */
  hold(): HeldFold<S>;
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

/** An empty fold, or one that goes on from `begin`; `catchUp` fills it. */
export function createPartitionJournal<S>(source: JournalSource<S>, begin: Fold<S> | null = null): PartitionJournal<S> {
  const { log, topic, partition, reading, decider } = source;
  const state = createHoldableState(decider, begin?.state ?? decider.initial());
  let end = begin?.end ?? 0;
  let last = begin?.last ?? null;
  let time = begin?.time ?? 0;
  const tally = { counted: 0, void: 0 };

  function hold(): HeldFold<S> {
    if (last === null) throw new Error('there is nothing to hold yet');
    return { ...state.hold(), end: last.offset + 1, last, time };
  }

  function follow(event: EventRecord, offset: number): void {
    if (!mayFollow(last, event.meta)) throw broken(partition, last, event, offset);
    if (event.type === 'LedgerOpened' && event.data.partitions !== source.partitions) {
      const text = `the ledger was opened with ${event.data.partitions} partitions and is configured with ${source.partitions}`;
      throw new LedgerAlarm('wrong_ledger', partition, text);
    }
    last = lastOf(event, offset);
    tally.counted += 1;
    time = Math.max(time, event.meta.at);
  }

  async function fold(records: readonly LogRecord[], signal?: AbortSignal): Promise<void> {
    for (const record of records) {
      if (counts(record)) {
        const read = reading.event(partition, record, signal);
        const event = read instanceof Promise ? await read : read;
        follow(event, record.offset);
        decider.evolve(state.current(), { ...event, offset: record.offset });
      } else {
        tally.void += 1;
      }
      end = record.offset + 1;
    }
  }

  async function catchUp(signal?: AbortSignal, to = Infinity): Promise<void> {
    const high = Math.min(to, (await log.ends(topic)).get(partition)?.high ?? 0);
    if (high < end) {
      throw new LedgerAlarm('journal_shrank', partition, `the journal ends at ${high}, but ${end} was its end before`);
    }
    if (high > end) {
      await log.read({ topic, partition, from: end, to: high }, (records) => fold(records, signal), signal);
      end = high;
    }
    if (last === null || !isWhole(last)) throw unfinished(partition, last);
  }

  return {
    partition,
    state: state.current,
    end: () => end,
    last: () => last,
    progress: () => last?.command_offset ?? -2,
    time: () => time,
    catchUp,
    tally: () => ({ ...tally }),
    accept: (overlay, events) => {
      for (const event of events) follow(event, end++);
      state.settle(overlay);
    },
    hold,
  };
}

/** What later rules need of the last counted event. */
export function lastOf({ type, data, meta }: EventRecord, offset: number): LastEvent {
  const { command_offset, index, count, command_id, at } = meta;
  return { offset, command_offset, index, count, command_id, at, reason: type === 'CommandRefused' ? data.reason : '' };
}

function unfinished(partition: number, last: LastEvent | null): LedgerAlarm {
  const text =
    last === null
      ? 'the journal has no genesis event; run `ledger prepare`'
      : `the journal ends inside command ${last.command_offset}`;
  return new LedgerAlarm('journal_broken', partition, text);
}

function broken(partition: number, last: Place | null, event: EventRecord, offset: number): LedgerAlarm {
  const before =
    last === null ? 'nothing' : `event ${last.index + 1} of ${last.count} of command ${last.command_offset}`;
  const { command_offset, index, count } = event.meta;
  const text = `the journal has a gap: ${before} is followed at offset ${offset} by event ${index + 1} of ${count} of command ${command_offset}`;
  return new LedgerAlarm('journal_broken', partition, text);
}
