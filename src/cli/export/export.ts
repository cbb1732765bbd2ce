// Export: the events of a stretch of the journal, merged by time, handed over in pieces of bounded size.
import type { EventRecord } from '../../../schemas/records.ts';
import type { JournalEntry, JournalSource } from '../events/journal.ts';
import { readJournal } from '../events/journal.ts';
import type { ExportedEvent } from './columns.ts';

/** A bound of an export: log time, ms since the epoch, or journal offsets by partition. */
export type Bound = { readonly time: number } | { readonly offsets: ReadonlyMap<number, number> };

export interface ExportRequest {
  /** Events at or after it; where it names offsets, only their partitions. Absent: from zero. */
  readonly from?: Bound;
  /** Events before it; a partition that it does not name is read to its end. Absent: to the ends of this moment. */
  readonly until?: Bound;
  /** Only these types; absent: all. */
  readonly types?: ReadonlySet<EventRecord['type']>;
}

/** How far an export is. */
export interface ExportProgress {
  /** Journal records looked at, of how many. */
  readonly read: number;
  readonly records: number;
  readonly events: number;
}

export interface ExportSource extends JournalSource {
  /** Events in one piece. */
  readonly pieceMax: number;
}

/** An event that counts and cannot be read: an export without it would be wrong. */
export class UnreadableEvent extends Error {
  constructor({ partition, offset }: JournalEntry, why: string) {
    super(`the event at ${partition}:${offset} cannot be read: ${why}`);
    this.name = 'UnreadableEvent';
  }
}

/**
 * Hands the events over, in the order of their time, and in each partition in the order of the journal.
 * `take` is waited for; `progress` hears after every piece.
 * @throws UnreadableEvent; LogError; the signal's reason
 */
export async function exportEvents(
  source: ExportSource,
  { from, until, types }: ExportRequest,
  take: (events: readonly ExportedEvent[]) => Promise<void>,
  progress: (soFar: ExportProgress) => void,
  signal: AbortSignal,
): Promise<ExportProgress> {
  const ranges = rangesOf(await source.log.ends(source.topic), from, until);
  const records = [...ranges.values()].reduce((sum, range) => sum + range.to - range.from, 0);
  const soFar = { read: 0, records, events: 0 };
  let piece: ExportedEvent[] = [];
  const starts = new Map([...ranges].map(([partition, range]) => [partition, range.from]));
  const hand = async (): Promise<void> => {
    if (piece.length > 0) await take(piece);
    soFar.events += piece.length;
    piece = [];
    progress({ ...soFar });
  };
  const left = new Set(ranges.keys());
  for await (const entry of readJournal(source, starts, null, signal)) {
    if (left.size === 0) break;
    const { partition, offset, at, content } = entry;
    // Time never runs backwards in a partition.
    const isOver = offset >= (ranges.get(partition)?.to ?? 0) || (entry.counts && isAtOrAfter(at, until));
    if (isOver) left.delete(partition);
    if (!left.has(partition)) continue;
    soFar.read += 1;
    if (!entry.counts || isBefore(at, from)) continue;
    if ('unreadable' in content) throw new UnreadableEvent(entry, content.unreadable);
    const { event } = content;
    if (types === undefined || types.has(event.type)) piece.push({ partition, offset, at, event });
    if (piece.length >= source.pieceMax) await hand();
  }
  soFar.read = records;
  await hand();
  return soFar;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function rangesOf(
  ends: ReadonlyMap<number, { readonly low: number; readonly high: number }>,
  from: Bound | undefined,
  until: Bound | undefined,
): ReadonlyMap<number, Range> {
  const starts = from !== undefined && 'offsets' in from ? from.offsets : null;
  const stops = until !== undefined && 'offsets' in until ? until.offsets : null;
  return new Map(
    [...ends].flatMap(([partition, { low, high }]): [number, Range][] => {
      if (starts !== null && !starts.has(partition)) return [];
      const range = {
        from: Math.max(low, starts?.get(partition) ?? low),
        to: Math.min(high, stops?.get(partition) ?? high),
      };
      return range.from < range.to ? [[partition, range]] : [];
    }),
  );
}

function isBefore(at: number, bound: Bound | undefined): boolean {
  return bound !== undefined && 'time' in bound && at < bound.time;
}

function isAtOrAfter(at: number, bound: Bound | undefined): boolean {
  return bound !== undefined && 'time' in bound && at >= bound.time;
}
