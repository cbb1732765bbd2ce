// CLI room: what a replay would read: events by type, bytes, and about how long it would take. A sample of every partition
// is read; where that is not all of it, the figures are extrapolated and say so.
import type { Shipped } from '../../../projections/registry.ts';
import type { ReplayRange } from '../../../projections/replays.ts';
import { listReplays } from '../../../projections/replays.ts';
import { counts } from '../../log/journal.ts';
import { table } from '../table.ts';
import type { ReplayParts } from './parts.ts';

export interface Plan {
  readonly projection: string;
  readonly partitions: readonly ReplayRange[];
  readonly records: number;
  /** Events that count, by type. */
  readonly types: { readonly [type: string]: number };
  /** Of all records' values. */
  readonly bytes: number;
  /** Whether every record was read for this; otherwise types and bytes are extrapolated. */
  readonly exact: boolean;
  readonly estimated_s: number;
  /** What the estimate rests on. */
  readonly estimated_from: string;
}

const sampleRecordsMax = 200_000;
/** Where nothing was replayed here yet: about what a projection with a row an event takes. */
const guessPerS = 30_000;

/** @throws LogError; LedgerAlarm; the signal's reason */
export async function planOf(
  parts: ReplayParts,
  { projection }: Shipped,
  ranges: readonly ReplayRange[],
  signal: AbortSignal,
): Promise<Plan> {
  const { log, topic, reading, pool } = parts;
  const records = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  const share = Math.min(1, sampleRecordsMax / Math.max(1, records));
  const types = new Map<string, number>();
  let [read, bytes] = [0, 0];
  for (const { partition, from, to } of ranges) {
    const end = from + Math.ceil((to - from) * share);
    await log.read(
      { topic, partition, from, to: end },
      async (page) => {
        for (const record of page) {
          read += 1;
          bytes += record.value?.length ?? 0;
          if (!counts(record)) continue;
          const { type } = reading.head(record) ?? (await reading.event(partition, record, signal));
          types.set(type, (types.get(type) ?? 0) + 1);
        }
      },
      signal,
    );
  }
  const factor = read === 0 ? 1 : records / read;
  const whole = (n: number): number => Math.round(n * factor);
  const earlier = (await listReplays(pool, 50)).find(
    ({ projection: name, eventsPerS, events }) => name === projection.name && eventsPerS !== null && events > 1_000,
  );
  const perS = earlier?.eventsPerS ?? guessPerS;
  return {
    projection: projection.name,
    partitions: ranges,
    records,
    types: Object.fromEntries([...types].sort(([, a], [, b]) => b - a).map(([type, n]) => [type, whole(n)])),
    bytes: whole(bytes),
    exact: share === 1,
    estimated_s: Math.ceil(records / perS),
    estimated_from:
      earlier === undefined ? `a guess of ${guessPerS} events/s` : `${Math.round(perS)} events/s of an earlier replay`,
  };
}

export function renderPlan(plan: Plan): readonly string[] {
  const about = plan.exact ? '' : 'about ';
  return [
    `${plan.projection}: ${plan.records} records, ${about}${(plan.bytes / 1e6).toFixed(1)} MB, about ${plan.estimated_s} s (${plan.estimated_from})`,
    ...table(Object.entries(plan.types).map(([type, n]) => [`  ${type}`, `${about}${n}`])),
    ...table(
      plan.partitions.map(({ partition, from, to }) => [`  partition ${partition}`, `offsets ${from} to ${to}`]),
    ),
  ];
}
