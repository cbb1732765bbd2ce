// The log in memory, for tests and the simulator: the whole port, without a broker. Everything that a network would
// delay goes through `schedule`, so that whoever owns it decides in which order things happen.
import type { Appended, Appender, Log, LogRecord, OutgoingRecord } from '../port.ts';
import { LogError } from '../port.ts';
import type { Groups } from './memory-groups.ts';
import { createGroups } from './memory-groups.ts';
import type { InjectedRecord, MemoryPartition, MemoryTopics } from './memory-topics.ts';
import { copyOf, createTopics, partitionAt, partitionsOf, sizeOf } from './memory-topics.ts';

type Batches = ReadonlyMap<number, readonly OutgoingRecord[]>;

/**
 * What becomes of an append.
 * - `none`: it lands and is answered.
 * - `lose_answer`: it lands, then its caller hears `unknown`.
 * - `lose_request`: its caller hears `unknown`, it never lands.
 * - `landAfter`: its caller hears `unknown`, it lands that many steps later.
 */
export type Fault = 'none' | 'lose_answer' | 'lose_request' | { readonly landAfter: number };

/** How one client of the log is served. */
export interface ClientOptions {
  /** Runs a step some time later: an arrival, an answer, a delivery. Steps may run in any order; none may be dropped, or its caller waits for ever. */
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
}

/** Records handed over at once by `read`. */
const pageRecords = 1_000;

export function createMemoryLog(options: MemoryLogOptions): MemoryLog {
  const { now = Date.now, batchBytesMax = 1_000_000 } = options;
  const topics = createTopics(options.topics);
  const broker: Broker = { topics, groups: createGroups(topics), now, batchBytesMax };
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
  const members = broker.groups.memberships(schedule);

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
    async close() {
      closed.abort();
      await members.leaveAll();
    },
    expel: () => members.expel(),
  };
}

function createAppender(
  broker: Broker,
  schedule: (step: () => void) => void,
  faults: NonNullable<ClientOptions['faults']>,
  logClosed: AbortSignal,
): Appender {
  let open = true;

  function later(steps: number, act: () => void): void {
    schedule(() => {
      if (steps <= 1) act();
      else later(steps - 1, act);
    });
  }

  function send(topic: string, batches: Batches): Promise<ReadonlyMap<number, Appended>> {
    const refusals = refusalsOf(broker, topic, batches);
    const copies = [...batches]
      .filter(([p]) => !refusals.has(p))
      .map(([p, records]) => ({ p, records: records.map(copyOf) }));
    const [refusal] = refusals.values();
    const fault = refusal === undefined ? faults({ topic, batches }) : copies.length > 0 ? 'lose_answer' : refusal;

    function land(): ReadonlyMap<number, Appended> {
      const at = broker.now();
      const bases = copies.map(({ p, records }) => partitionAt(broker.topics, topic, p).land(records, at));
      return new Map(copies.map(({ p }, i) => [p, { baseOffset: bases[i] ?? -1, at }]));
    }

    return new Promise((resolve, reject) => {
      const fail = (error: LogError): void => later(1, () => reject(error));
      const lost = new LogError('unknown', 'no answer came');
      if (fault instanceof LogError) return fail(fault);
      if (fault === 'lose_request') return fail(lost);
      if (typeof fault === 'object') {
        fail(lost);
        return later(fault.landAfter, land);
      }
      later(1, () => {
        const appended = land();
        if (fault === 'lose_answer') fail(lost);
        else later(1, () => resolve(appended));
      });
    });
  }

  return {
    append(topic, batches) {
      if (open && !logClosed.aborted) return send(topic, batches);
      return Promise.reject(new LogError('unavailable', 'the appender was closed'));
    },
    close() {
      open = false;
      return Promise.resolve();
    },
  };
}

/** Partitions whose batch cannot land, with the reason. Where others of the same append land, its fate is unknown. */
function refusalsOf({ topics, batchBytesMax }: Broker, topic: string, batches: Batches): Map<number, LogError> {
  const partitions = topics.get(topic);
  const refusals = new Map<number, LogError>();
  for (const [partition, records] of batches) {
    const size = records.reduce((sum, record) => sum + sizeOf(record), 0);
    if (partitions?.[partition] === undefined) {
      refusals.set(partition, new LogError('rejected', `there is no ${topic}[${partition}]`));
    } else if (size > batchBytesMax) {
      refusals.set(partition, new LogError('too_large', `${size} bytes for ${topic}[${partition}]`));
    }
  }
  return refusals;
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
