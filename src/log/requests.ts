// Records that wait to be appended: how many of them travel in one request, how they look to a reader of the log once
// they lie there, and how long to wait before a request is tried again.
import type { CommandRecord } from '../../schemas/records.ts';
import { requestBytes } from './connection.ts';
import type { Appended, LogRecord, OutgoingRecord, Pace } from './port.ts';

/** Something that waits to be appended to a partition. */
export interface Waiting {
  readonly partition: number;
  readonly record: OutgoingRecord;
}

/** Of what one request carries to one partition. */
export interface RequestLimits {
  readonly recordsMax: number;
  readonly bytesMax: number;
}

/** Commands are keyed by the product whose partition they go to; one about an order knows only the partition. */
export function keyOf({ data }: CommandRecord): string | null {
  if ('product_id' in data) return data.product_id;
  if ('lines' in data) return data.lines.map((line) => line.product_id).sort()[0] ?? null;
  return null;
}

/** Takes as much as one request may carry, in order; a partition that is full keeps the rest waiting. */
export function cut<T extends Waiting>(
  waiting: readonly T[],
  { recordsMax, bytesMax }: RequestLimits,
): { batches: ReadonlyMap<number, readonly T[]>; left: T[] } {
  const batches = new Map<number, T[]>();
  const bytes = new Map<number, number>();
  const full = new Set<number>();
  const left: T[] = [];
  for (const one of waiting) {
    const batch = batches.get(one.partition) ?? [];
    const size = (bytes.get(one.partition) ?? 0) + requestBytes(one.record.value);
    if (full.has(one.partition) || batch.length >= recordsMax || (batch.length > 0 && size > bytesMax)) {
      full.add(one.partition);
      left.push(one);
      continue;
    }
    batch.push(one);
    batches.set(one.partition, batch);
    bytes.set(one.partition, size);
  }
  return { batches, left };
}

/** The records of each batch, as an appender takes them. */
export function recordsOf(
  batches: ReadonlyMap<number, readonly Waiting[]>,
): ReadonlyMap<number, readonly OutgoingRecord[]> {
  return new Map([...batches].map(([partition, batch]) => [partition, batch.map(({ record }) => record)]));
}

/** The records of a batch as a reader of the log will find them. */
export function placed({ baseOffset, at }: Appended, batch: readonly Waiting[]): LogRecord[] {
  return batch.map(({ record: { key, value, headers = {} } }, i) => ({
    offset: baseOffset + i,
    at,
    key: typeof key === 'string' ? Buffer.from(key) : key,
    value,
    headers,
    hole: false,
  }));
}

/** Waits at random, longer with every attempt, so that two who are in doubt do not meet again. */
export async function backOff(pace: Pace, attempt: number, msMax: number, signal: AbortSignal): Promise<void> {
  await pace.sleep(pace.random() * Math.min(msMax, 10 * 2 ** attempt), signal);
}
