// What the projector is given, and what it tells.
import type { Pool } from 'pg';
import type { EventRecord } from '../../schemas/records.ts';
import type { Log, LogRecord, Pace } from '../../src/log/port.ts';
import type { Config } from '../../src/platform/config.ts';
import type { PassCrashPoint } from '../../src/platform/crash-points.ts';
import type { Logger } from '../../src/platform/logger.ts';
import type { Mirrors } from './mirrors.ts';

export interface ProjectorOptions {
  readonly log: Log;
  /** Topic of the events. */
  readonly journal: string;
  readonly group: string;
  /** As in `Reading.event`: waits through an outage of the registry. @throws for an event that cannot be read */
  readonly decode: (partition: number, record: LogRecord, signal: AbortSignal) => EventRecord | Promise<EventRecord>;
  readonly pool: Pool;
  /** Keeps Redis up with Postgres; whoever made them ends them after the projector. */
  readonly mirrors?: Pick<Mirrors, 'around' | 'keep'>;
  readonly config: Pick<
    Config,
    'projectorBatchMax' | 'projectorQueueMax' | 'followRestMs' | 'retiredFollowS' | 'generationsPollMs'
  >;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly pace: Pace;
  readonly passing?: PassCrashPoint;
  readonly events?: ProjectorEvents;
}

/** What a projector tells about its work, for metrics. */
export interface ProjectorEvents {
  /** Journal records were taken and projected, void ones among them. */
  projected(records: number, voids: number): void;
  /** Changes and their checkpoints stand in the sink of a projection; `ms` is what the transaction took. */
  applied(projection: string, ms: number): void;
  /** Something went wrong and is tried again. */
  trouble(error: unknown): void;
  /** A partition can go on no further. */
  halted(error: unknown): void;
}

export interface PartitionStatus {
  readonly partition: number;
  /** `halted`: an event can neither be projected nor skipped; `error` says why. It stays so until a new start. */
  readonly state: 'running' | 'halted';
  /** Next journal offset, by projection; what lies below it is in the rows. */
  readonly next: { readonly [projection: string]: number };
  /** Records that were delivered and are not applied yet; the end of the journal may lie beyond them. */
  readonly queued: number;
  /** Void records passed over since the partition started here. */
  readonly voids: number;
  readonly error: string | null;
}

export interface ProjectorStatus {
  readonly partitions: readonly PartitionStatus[];
  /** What is being tried again just now (Postgres or Kafka away); null when all is well. */
  readonly trouble: { readonly message: string; readonly times: number } | null;
  /** Active generations that this build may not go on with, and why. */
  readonly refused: readonly string[];
}

/** A projector at work. */
export interface RunningProjector {
  status(): ProjectorStatus;
  /** Finishes or gives up the batch in hand and leaves the group; nothing is lost, checkpoints lie with the rows. */
  stop(): Promise<void>;
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
