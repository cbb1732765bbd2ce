// Records of the in-memory log: partitions that grow, with holes where a test wants them, and what a cut leaves.
import type { Ends, LogRecord, OutgoingRecord } from '../port.ts';
import { LogError } from '../port.ts';

/** A record put on the log past the appender: headers may repeat, and there may be none at all (a hole). */
export type InjectedRecord = Partial<Pick<LogRecord, 'key' | 'value' | 'headers'>> | 'hole';

export interface MemoryPartition {
  ends(): Ends;
  /** Records of `[from, to)` that are there, holes included. */
  slice(from: number, to: number): readonly LogRecord[];
  /** Answers the offset of the first record. */
  land(records: readonly InjectedRecord[], at: number): number;
  /** Takes away what lies outside `[low, high)`. */
  cut(range: { readonly low?: number; readonly high?: number }): void;
  /** Calls back whenever the partition has grown; answers how to stop that. */
  onGrown(listener: () => void): () => void;
}

export type MemoryTopics = ReadonlyMap<string, readonly MemoryPartition[]>;

export function createTopics(counts: { readonly [topic: string]: number }): MemoryTopics {
  return new Map(
    Object.entries(counts).map(([topic, count]) => [topic, Array.from({ length: count }, createPartition)]),
  );
}

/** @throws LogError `rejected` when there is no such topic */
export function partitionsOf(topics: MemoryTopics, topic: string): readonly MemoryPartition[] {
  const partitions = topics.get(topic);
  if (partitions === undefined) throw new LogError('rejected', `there is no topic ${topic}`);
  return partitions;
}

/** @throws LogError `rejected` when there is no such partition */
export function partitionAt(topics: MemoryTopics, topic: string, partition: number): MemoryPartition {
  const found = partitionsOf(topics, topic)[partition];
  if (found === undefined) throw new LogError('rejected', `there is no partition ${partition} of ${topic}`);
  return found;
}

/** Copies a record, as a network would: its owner may reuse the bytes. */
export function copyOf({ key, value, headers }: OutgoingRecord): Exclude<InjectedRecord, 'hole'> {
  return {
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes)])),
  };
}

/** Bytes of a record as far as a size limit is concerned. */
export function sizeOf({ key, value, headers }: OutgoingRecord): number {
  const ofHeaders = Object.entries(headers ?? {}).map(([name, bytes]) => name.length + bytes.length);
  return (key?.length ?? 0) + (value?.length ?? 0) + ofHeaders.reduce((sum, size) => sum + size, 0);
}

function createPartition(): MemoryPartition {
  let low = 0;
  let records: LogRecord[] = [];
  const listeners = new Set<() => void>();
  const high = (): number => low + records.length;

  return {
    ends: () => ({ low, high: high() }),
    slice: (from, to) => records.slice(Math.max(0, from - low), Math.max(0, to - low)),
    land(added, at) {
      const base = high();
      records.push(...added.map((record, i) => placed(record, base + i, at)));
      for (const listener of [...listeners]) listener();
      return base;
    },
    cut(range) {
      const from = range.low ?? low;
      records = records.slice(from - low, (range.high ?? high()) - low);
      low = from;
    },
    onGrown(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function placed(record: InjectedRecord, offset: number, at: number): LogRecord {
  if (record === 'hole') return { offset, at: -1, key: null, value: null, headers: {}, hole: true };
  return { offset, at, key: null, value: null, headers: {}, ...record, hole: false };
}
