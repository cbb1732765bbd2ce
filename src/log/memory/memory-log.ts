// The log in memory, for tests and the simulator: the whole port, without a broker. Everything that a network would
// delay goes through `schedule`, so that whoever owns it decides in which order things happen.
import type { Log, LogRecord } from '../port.ts';
import { LogError } from '../port.ts';
import type { Batches, Fault } from './memory-appender.ts';
import { createAppender } from './memory-appender.ts';
import type { Groups } from './memory-groups.ts';
import { createGroups } from './memory-groups.ts';
import { createMembers } from './memory-members.ts';
import type { InjectedRecord, MemoryPartition, MemoryTopics } from './memory-topics.ts';
import { createTopics, partitionAt, partitionsOf } from './memory-topics.ts';

export type { Fault } from './memory-appender.ts';

/** How one client of the log is served. */
export interface ClientOptions {
  /**
   * Runs a step some time later: an arrival, an answer, a delivery. Steps may run in any order. A step that is dropped
   * never happens, as in a process that died.
   */
  readonly schedule?: (step: () => void) => void;
  readonly faults?: (append: { readonly topic: string; readonly batches: Batches }) => Fault;
}

export interface MemoryLogOptions extends ClientOptions {
  /** Partition count of each topic. */
  readonly topics: { readonly [name: string]: number };
  /** The broker's clock, ms since the epoch. */
  readonly now?: () => number;
  /** Bytes of one partition in one append; more are `too_large`. */
  readonly batchBytesMax?: number;
}

/** One process's connection to the log. */
export interface MemoryClient extends Log {
  /** Throws this client's followers out of their groups, as after a session time-out; they hear of it later and join again. */
  expel(): void;
}

export interface MemoryLog extends MemoryClient {
  /** Connects another process to the same records. */
  client(options?: ClientOptions): MemoryClient;
  /** Puts records (poison, holes, repeated headers) on a partition at once; answers the offset of the first. */
  inject(topic: string, partition: number, records: readonly InjectedRecord[]): number;
  /** Damages a partition: keeps `[low, high)` only. */
  cut(topic: string, partition: number, range: { readonly low?: number; readonly high?: number }): void;
}

interface Broker {
  readonly topics: MemoryTopics;
  readonly groups: Groups;
  readonly now: () => number;
  readonly batchBytesMax: number;
  readonly newId: () => string;
}

/** Records handed over at once by `read`. */
const pageRecords = 1_000;

export function createMemoryLog(options: MemoryLogOptions): MemoryLog {
  const { now = Date.now, batchBytesMax = 1_000_000 } = options;
  const topics = createTopics(options.topics);
  let ids = 0;
  const newId = (): string => `member-${String((ids += 1)).padStart(6, '0')}`;
  const broker: Broker = { topics, groups: createGroups(topics), now, batchBytesMax, newId };
  return {
    ...createClient(broker, options),
    client: (clientOptions = {}) => createClient(broker, clientOptions),
    inject: (topic, partition, records) => partitionAt(topics, topic, partition).land(records, now()),
    cut: (topic, partition, range) => partitionAt(topics, topic, partition).cut(range),
  };
}

function createClient(broker: Broker, options: ClientOptions): MemoryClient {
  const { schedule = nextTurn, faults = () => 'none' } = options;
  const closed = new AbortController();
  const step = (): Promise<void> => new Promise((resolve) => schedule(resolve));
  const members = createMembers(broker.topics, broker.groups, schedule, broker.newId);

  async function ask<T>(answer: () => T): Promise<T> {
    await step();
    if (closed.signal.aborted) throw new LogError('unavailable', 'the log was closed');
    return answer();
  }

  return {
    openAppender: () => ask(() => createAppender(broker, schedule, faults, closed.signal)),
    ends: (topic) => ask(() => new Map(partitionsOf(broker.topics, topic).map((p, i) => [i, p.ends()]))),
    committed: (group, topic) => ask(() => broker.groups.committed(group, topic)),
    follow: (follow) => ask(() => members.join(follow)),
    async read({ topic, partition, from, to }, onRecords, signal) {
      const source = await ask(() => partitionAt(broker.topics, topic, partition));
      const stop = signal === undefined ? closed.signal : AbortSignal.any([closed.signal, signal]);
      for (let next = from; next < to;) {
        signal?.throwIfAborted();
        const start = Math.max(next, source.ends().low);
        const page = await ask(() => source.slice(start, Math.min(to, start + pageRecords)));
        const records = page.filter((record: LogRecord) => !record.hole);
        if (records.length > 0) await onRecords(records);
        next = start + page.length;
        if (page.length === 0 && next < to) await grown(source, next, stop);
      }
      signal?.throwIfAborted();
    },
    close() {
      closed.abort();
      members.leaveAll();
      return Promise.resolve();
    },
    expel: members.expel,
  };
}

function nextTurn(step: () => void): void {
  setImmediate(step);
}

/** Waits until the partition holds `offset`, or the signal aborts. */
function grown(partition: MemoryPartition, offset: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const { low, high } = partition.ends();
    if (signal.aborted || high > Math.max(low, offset)) return resolve();
    const done = (): void => {
      stopListening();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const stopListening = partition.onGrown(done);
    signal.addEventListener('abort', done);
  });
}
