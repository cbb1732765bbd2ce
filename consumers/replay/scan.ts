// Reads a range of one journal partition for a replay: what counts is checked for gaps and counted by type; only events
// that somebody wants are decoded. An event that cannot be read stops the replay, never is it passed over.
import type { JournalEvent } from '../../projections/projection.ts';
import type { EventRecord } from '../../schemas/records.ts';
import { LedgerAlarm } from '../../src/log/alarm.ts';
import { counts, mayFollow } from '../../src/log/journal.ts';
import type { Place } from '../../src/log/journal.ts';
import type { Log, LogRecord } from '../../src/log/port.ts';
import type { Reading } from '../../src/log/reading.ts';
import type { Tally } from './tally.ts';

/** `[from, to)` of a partition of the journal. */
export interface Range {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

export interface ScanOptions {
  readonly log: Pick<Log, 'read'>;
  readonly topic: string;
  readonly reading: Pick<Reading, 'event' | 'head'>;
  readonly range: Range;
  /** Ends before the first event whose log time is later, ms since the epoch; null: only `range` ends it. */
  readonly untilMs: number | null;
  /** Whether to decode and hand over events of a type at an offset. */
  readonly wants: (type: string, offset: number) => boolean;
  readonly tally: Tally;
  /** Records that are looked at before `onEvents` is asked, so that it can slow the reading down evenly. */
  readonly sliceMax: number;
  /** Is awaited: back-pressure. Everything below `next` was handed over. */
  readonly onEvents: (events: readonly JournalEvent[], next: number) => Promise<void> | void;
}

/**
 * @returns the offset at which it ended: `range.to`, or that of the first event that is too late
 * @throws LedgerAlarm `undecodable`, `unknown_type` or `journal_broken` with the offset; LogError; the signal's reason
 */
export async function scan(options: ScanOptions, signal: AbortSignal): Promise<number> {
  const { log, topic, range, onEvents } = options;
  const over = new AbortController();
  const page = createPage(options, signal);
  let end = range.to;
  try {
    await log.read(
      { topic, ...range },
      async (records) => {
        for (let at = 0; at < records.length && !over.signal.aborted; at += options.sliceMax) {
          const { events, next, late } = await page(records.slice(at, at + options.sliceMax));
          await onEvents(events, next);
          if (!late) continue;
          end = next;
          over.abort(new Error('what comes now is too late'));
        }
      },
      AbortSignal.any([signal, over.signal]),
    );
  } catch (error) {
    if (!over.signal.aborted || signal.aborted) throw error;
  }
  await onEvents([], end);
  return end;
}

interface Page {
  readonly events: readonly JournalEvent[];
  readonly next: number;
  /** Whether the time that was asked for is over. */
  readonly late: boolean;
}

type Look = JournalEvent | null | 'late';

function createPage(options: ScanOptions, signal: AbortSignal): (records: readonly LogRecord[]) => Promise<Page> {
  const { reading, range, untilMs, wants, tally } = options;
  const { partition } = range;
  let place: Place | null | 'any' = range.from === 0 ? null : 'any';

  function follow(next: Place, offset: number): void {
    if (place !== 'any' && !mayFollow(place, next)) {
      const text = `the event at offset ${offset} does not follow the one before it: history is missing`;
      throw new LedgerAlarm('journal_broken', partition, text);
    }
    place = next;
  }

  /** The event, where somebody wants it; null where it was only counted; `late` where it is too late. */
  function look(record: LogRecord): Look | Promise<Look> {
    const { offset } = record;
    const head = reading.head(record);
    if (head !== null && !wants(head.type, offset) && head.type !== 'LedgerOpened') {
      if (untilMs !== null && head.at > untilMs) return 'late';
      follow(head, offset);
      tally.add(head.type, head.schemaId);
      return null;
    }
    const read = reading.event(partition, record, signal);
    // A promise only where a schema has to be asked for first.
    return read instanceof Promise ? read.then((found) => take(record, found)) : take(record, read);
  }

  function take(record: LogRecord, found: EventRecord): Look {
    const { offset } = record;
    if (untilMs !== null && found.meta.at > untilMs) return 'late';
    follow(found.meta, offset);
    tally.add(found.type, schemaIdOf(record));
    if (found.type === 'LedgerOpened') tally.ledgerId ??= found.data.ledger_id;
    return wants(found.type, offset) ? { ...found, offset, partition } : null;
  }

  return async (records) => {
    const events: JournalEvent[] = [];
    for (const record of records) {
      if (!counts(record)) {
        tally.voids += 1;
        continue;
      }
      const looked = look(record);
      const found = looked instanceof Promise ? await looked : looked;
      if (found === 'late') return { events, next: record.offset, late: true };
      if (found !== null) events.push(found);
    }
    return { events, next: (records.at(-1)?.offset ?? range.to - 1) + 1, late: false };
  };
}

/** Of the wire format: a zero byte, then the id. */
function schemaIdOf({ value }: LogRecord): number {
  if (value === null || value.length < 5) return -1;
  return new DataView(value.buffer, value.byteOffset).getUint32(1);
}
