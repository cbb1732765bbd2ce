// The work of a replay: every partition of its range, one after the other and so always in the same order, through the
// projection into the sink. The same projection and the same sink as live; what ends it may be gone on with.
import type { JournalEvent, Projection, Sink } from '../../projections/projection.ts';
import { createProductFilter } from '../../schemas/records.ts';
import { LedgerAlarm } from '../../src/log/alarm.ts';
import type { Log, Pace } from '../../src/log/port.ts';
import type { Reading } from '../../src/log/reading.ts';
import { createBatches } from './batches.ts';
import type { Range } from './scan.ts';
import { scan } from './scan.ts';
import type { Tally } from './tally.ts';

/** Records that are projected in one go; a limited rate is kept to in smaller steps. */
const sliceMax = 1_000;
const slicesPerS = 10;

/** Which events a replay projects; null: all of them. */
export interface Selection {
  /** ms since the epoch; events of a later log time are left out, and nothing behind them is read. */
  readonly untilMs: number | null;
  readonly types: readonly string[] | null;
  readonly product: string | null;
}

export interface RunOptions {
  readonly log: Pick<Log, 'read'>;
  readonly topic: string;
  readonly reading: Pick<Reading, 'event' | 'head'>;
  readonly projection: Projection;
  readonly sink: Sink;
  readonly ranges: readonly Range[];
  readonly selection: Selection;
  /** Records a second at most; 0: as fast as it goes. */
  readonly rate: number;
  readonly changesMax: number;
  readonly pace: Pace;
  readonly trouble: (error: unknown) => void;
  readonly progress: (at: RunProgress) => void;
  /** Goes on counting, so that a range may be run after the one before it. */
  readonly tally: Tally;
}

export interface RunProgress {
  readonly partition: number;
  /** Everything below it is in the sink, or was passed over. */
  readonly next: number;
  /** Counted events that were read so far, of all partitions. */
  readonly events: number;
}

/**
 * Runs from where the sink's checkpoints stand to the end of every range. What stands already is read again, to be
 * counted, and neither decoded nor projected.
 * @returns what was read: `to` is where each partition really ended
 * @throws LedgerAlarm with the offset of an event that cannot be read or projected; LogError; the signal's reason
 */
export async function runReplay(options: RunOptions, signal: AbortSignal): Promise<readonly Range[]> {
  const { projection, sink, pace, progress, selection, tally } = options;
  const checkpoints = await sink.checkpoints();
  const types = new Set<string>(projection.events ?? []);
  const isLookedAt = (type: string): boolean =>
    (types.size === 0 || types.has(type)) && (selection.types === null || selection.types.includes(type));
  const batches = createBatches(
    {
      ...options,
      projection: alarming(projection),
      signal,
      applied: (partition, next) => progress({ partition, next, events: tally.events() }),
    },
    checkpoints,
  );
  const readBefore = tally.events() + tally.voids;
  const pacing = createPacing(options.rate, pace, signal);
  const ranges: Range[] = [];
  for (const range of options.ranges) {
    const from = checkpoints.get(range.partition) ?? 0;
    const { product } = selection;
    const isAbout = product === null ? null : createProductFilter(product);
    const isChosen = ({ type, offset }: JournalEvent): boolean => offset >= from && isLookedAt(type);
    const to = await scan(
      {
        ...options,
        range,
        untilMs: selection.untilMs,
        tally,
        sliceMax: options.rate === 0 ? sliceMax : Math.max(1, Math.min(sliceMax, Math.ceil(options.rate / slicesPerS))),
        // Which orders have the product is known from events before, whatever becomes of those.
        wants: (type, offset) => isAbout !== null || (offset >= from && isLookedAt(type)),
        onEvents: async (events, next) => {
          const chosen = isAbout === null ? events : events.filter(isAbout).filter(isChosen);
          await pacing(tally.events() + tally.voids - readBefore);
          if (next > from) await batches.take(range.partition, chosen, next);
        },
      },
      signal,
    );
    ranges.push({ ...range, to });
  }
  await batches.flush();
  return ranges;
}

/** A projection never rejects a fact; one that does stops the replay at that event. */
function alarming(projection: Projection): Projection {
  return {
    ...projection,
    project(event) {
      try {
        return projection.project(event);
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        const text = `${projection.name} cannot project the ${event.type} at offset ${event.offset}: ${why}`;
        throw new LedgerAlarm('undecodable', event.partition, text, { cause });
      }
    },
  };
}

/** Waits so long that no more than `rate` records a second were read. */
function createPacing(rate: number, pace: Pace, signal: AbortSignal): (records: number) => Promise<void> {
  const started = pace.now();
  return async (records) => {
    if (rate === 0) return;
    const waitMs = (records / rate) * 1_000 - (pace.now() - started);
    if (waitMs > 0) await pace.sleep(waitMs, signal);
  };
}
