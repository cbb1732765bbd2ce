// The journal for people: records of several partitions, decoded, merged by time, one page of each partition at a time.
import type { EventRecord } from '../../../schemas/records.ts';
import { LedgerAlarm } from '../../log/alarm.ts';
import { counts } from '../../log/journal.ts';
import type { Log, LogRecord, Pace } from '../../log/port.ts';
import { LogError } from '../../log/port.ts';
import type { Reading } from '../../log/reading.ts';
import { pagesOf } from '../pages.ts';

/** A record of the journal as far as it can be told. */
export interface JournalEntry {
  readonly partition: number;
  readonly offset: number;
  /** Log time of its command, else of the record itself, ms since the epoch. */
  readonly at: number;
  /** Whether it is part of history. */
  readonly counts: boolean;
  /** The event, or why there is none to show. */
  readonly content: { readonly event: EventRecord } | { readonly unreadable: string };
}

export interface JournalSource {
  readonly log: Log;
  readonly topic: string;
  readonly reading: Reading;
}

export interface Following {
  readonly pace: Pace;
  /** Between two looks, ms. */
  readonly everyMs: number;
  /** Hears that Kafka is away; it is waited for. */
  readonly trouble: (error: LogError) => void;
}

/**
 * Entries from the offsets given to the ends of this moment; with `following` it goes on until the signal aborts.
 * @throws LogError, not while it follows; the signal's reason
 */
export async function* readJournal(
  source: JournalSource,
  from: ReadonlyMap<number, number>,
  following: Following | null,
  signal: AbortSignal,
): AsyncGenerator<JournalEntry, void, void> {
  const next = new Map(from);
  for (;;) {
    try {
      yield* readToEnds(source, next, signal);
    } catch (error) {
      if (following === null || !(error instanceof LogError) || error.code === 'rejected') throw error;
      following.trouble(error);
    }
    if (following === null) return;
    await following.pace.sleep(following.everyMs, signal);
    signal.throwIfAborted();
  }
}

/** `next` is kept up with what was handed over. */
async function* readToEnds(
  source: JournalSource,
  next: Map<number, number>,
  signal: AbortSignal,
): AsyncGenerator<JournalEntry, void, void> {
  const ends = await source.log.ends(source.topic);
  const ranges = [...next].flatMap(([partition, start]) => {
    const { low = 0, high = 0 } = ends.get(partition) ?? {};
    const from = Math.max(start, low);
    return from < high ? [{ topic: source.topic, partition, from, to: high }] : [];
  });
  for await (const entry of mergeByTime(ranges.map((range) => entriesOf(source, range, signal)))) {
    next.set(entry.partition, entry.offset + 1);
    yield entry;
  }
  for (const { partition, to } of ranges) next.set(partition, to);
}

async function* entriesOf(
  { log, reading }: JournalSource,
  range: Parameters<Log['read']>[0],
  signal: AbortSignal,
): AsyncGenerator<JournalEntry, void, void> {
  for await (const page of pagesOf(log, range, signal)) {
    for (const record of page) yield await entryOf(reading, range.partition, record, signal);
  }
}

async function entryOf(
  reading: Reading,
  partition: number,
  record: LogRecord,
  signal: AbortSignal,
): Promise<JournalEntry> {
  const { offset, at } = record;
  const place = { partition, offset, counts: counts(record) };
  try {
    const event = await reading.event(partition, record, signal);
    // Genesis has no command, and what counts for nothing may say anything about its time.
    return { ...place, at: place.counts && event.meta.at > 0 ? event.meta.at : at, content: { event } };
  } catch (error) {
    if (!(error instanceof LedgerAlarm)) throw error;
    return { ...place, at, content: { unreadable: error.message } };
  }
}

/**
 * Always the earliest of the entries that come next; each partition keeps its own order. What counts for nothing may have
 * come late: it has the place of the event before it, so that it holds none behind it back.
 */
async function* mergeByTime(
  streams: readonly AsyncGenerator<JournalEntry, void, void>[],
): AsyncGenerator<JournalEntry, void, void> {
  const advance = async (stream: AsyncGenerator<JournalEntry, void, void>, before: number) => {
    const { value } = await stream.next();
    return value instanceof Object ? { stream, entry: value, place: value.counts ? value.at : before } : null;
  };
  try {
    let heads = (await Promise.all(streams.map((stream) => advance(stream, -Infinity)))).filter(
      (head) => head !== null,
    );
    while (heads.length > 0) {
      const first = heads.reduce((a, b) => (b.place < a.place ? b : a));
      yield first.entry;
      const following = await advance(first.stream, first.place);
      heads = heads.flatMap((head) => (head !== first ? [head] : following === null ? [] : [following]));
    }
  } finally {
    await Promise.all(streams.map((stream) => stream.return()));
  }
}
