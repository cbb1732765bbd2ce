// The port of the log: all that the ledger needs from Kafka. Two adapters (kafka, memory) pass one contract suite
// (tests/log/contract.ts); no other file knows a broker. Offsets and times (ms) are safe integers.

/** A record as the broker holds it, or a hole: an offset inside the log at which there is no record. */
export interface LogRecord {
  readonly offset: number;
  /** Broker timestamp, ms since the epoch; -1 for a hole. */
  readonly at: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** A header that was given more than once is an array. */
  readonly headers: { readonly [name: string]: Uint8Array | string | readonly (Uint8Array | string)[] | undefined };
  readonly hole: boolean;
}

export interface OutgoingRecord {
  readonly key: string | Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: { readonly [name: string]: Uint8Array };
}

/** Where a batch landed. */
export interface Appended {
  readonly baseOffset: number;
  /** Broker time of the batch where the topic uses LogAppendTime, ms since the epoch; else -1. */
  readonly at: number;
}

/**
 * Why the log did not do what was asked.
 * - `unknown`: no answer, or one that does not tell: the batch may have landed, and may yet.
 * - `unavailable`: nothing was sent.
 * - `rejected`: the batch cannot land as it is (invalid, not authorized, unknown topic).
 * - `too_large`: likewise, for its size.
 */
export type LogErrorCode = 'unknown' | 'unavailable' | 'rejected' | 'too_large';

export class LogError extends Error {
  readonly code: LogErrorCode;
  constructor(code: LogErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LogError';
    this.code = code;
  }
}

/**
 * One connection that appends. Never retries by itself, never idempotent or transactional. After any error the owner
 * closes it and opens another one.
 */
export interface Appender {
  /**
   * Appends to partitions of one topic, each partition's records as one batch (at most 1,000), in one request, and
   * resolves when all in-sync replicas have them. The caller keeps one append in flight per partition.
   * @throws LogError
   */
  append(
    topic: string,
    batches: ReadonlyMap<number, readonly OutgoingRecord[]>,
  ): Promise<ReadonlyMap<number, Appended>>;
  close(): Promise<void>;
}

export interface Ends {
  /** First offset that is still there. */
  readonly low: number;
  /** Offset that the next record will get. */
  readonly high: number;
}

export interface FollowOptions {
  readonly topic: string;
  /** Consumer group. With `all` it is this member's own and is deleted at the end. */
  readonly group: string;
  /** `shared`: the group's members divide the partitions. `all`: this member gets every partition. */
  readonly assignment: 'shared' | 'all';
  /**
   * A partition is now ours: answers the offset from which to deliver. May take long; heart-beats go on meanwhile.
   * `signal` aborts when the partition is lost before that. A throw is reported and tried again with back-off.
   */
  start(partition: number, signal: AbortSignal): Promise<number>;
  /** Hands over records in offset order, holes included, none twice, none left out. Must only enqueue. */
  deliver(partition: number, records: readonly LogRecord[]): void;
  /**
   * How long to leave the broker alone after a fetch that brought records, ms, so that the next one brings more of them
   * at once; not at all where it is absent. A hint: an adapter may pass over it.
   */
  restMs?(): number;
  /** The partition is no longer ours (or the follower stopped, or lost touch with the group). */
  lost(partition: number): void;
  /** Something went wrong and is being tried again; for logs and health. */
  trouble(error: Error): void;
}

export interface Follower {
  /** Partitions that are ours now, those being started included. */
  owned(): readonly number[];
  /** Stops and resumes delivery of a partition: back-pressure. */
  pause(partition: number): void;
  resume(partition: number): void;
  /** Asks `start` again for a partition that is ours and delivers from what it answers. */
  restart(partition: number): void;
  /** Stores the group's offset: a metric of lag, never a truth. Failures are reported as trouble. */
  commit(partition: number, next: number): Promise<void>;
  /** Leaves the group. Nothing is delivered after it. */
  stop(): Promise<void>;
}

export interface Log {
  /** @throws LogError `unavailable` */
  openAppender(): Promise<Appender>;
  /** First and next offset of each partition. @throws LogError `unavailable`; `rejected` when there is no such topic */
  ends(topic: string): Promise<ReadonlyMap<number, Ends>>;
  /**
   * Reads `[from, to)` of one partition in offset order; a hole is passed over in silence. Resolves when everything
   * below `to` was handed over. `onRecords` is awaited: back-pressure.
   * @throws LogError; whatever `onRecords` throws; the signal's reason when aborted
   */
  read(
    range: { readonly topic: string; readonly partition: number; readonly from: number; readonly to: number },
    onRecords: (records: readonly LogRecord[]) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Starts to follow a topic; resolves once the group was joined. Goes on for ever through outages until stopped. */
  follow(options: FollowOptions): Promise<Follower>;
  /** Stored offsets of a group on a topic; a partition without one is absent. @throws LogError `unavailable` */
  committed(group: string, topic: string): Promise<ReadonlyMap<number, number>>;
  close(): Promise<void>;
}

/** Waiting and chance, so that a simulation can own both. */
export interface Pace {
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** In [0, 1). Decides how long to wait, never what to record. */
  random(): number;
  /** Monotonic time, ms. Bounds work and measures it, never goes into a record. */
  now(): number;
}
