// HTTP room: what createApp is given, and what the routes share.
import type { Logger } from '../platform/logger.ts';
import type { ApiMetrics, Metrics } from '../platform/metrics.ts';
import type { Config } from '../platform/config.ts';
import type { PassCrashPoint } from '../platform/crash-points.ts';
import type { Figures, Listed, Paging, Views } from '../../projections/views.ts';
import type { LedgerClient } from '../log/client-port.ts';
import type { Credentials } from './auth.ts';
import type { Claims } from './claims.ts';
import type { Customers } from './customers.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Reader } from './reader.ts';
import type { Submit } from './submit.ts';
import type { Undecided } from './undecided.ts';

export type ServiceStatus = 'up' | 'down';

/** What /health shows; details only to callers with a credential. */
export interface HealthReport {
  readonly status: 'ok' | 'degraded';
  readonly services: {
    readonly [name in 'kafka' | 'registry' | 'postgres' | 'redis']: {
      readonly status: ServiceStatus;
      /** How long its answer took; null where there was none. */
      readonly ms: number | null;
    };
  };
  readonly roles: {
    readonly [role: string]: {
      readonly status: string;
      readonly partitions: readonly number[];
      /** What went wrong last, whether or not it was tried again since; `at` is ISO 8601. Null: nothing since the start. */
      readonly last_error: { readonly at: string; readonly message: string } | null;
    };
  };
  readonly projections: {
    readonly [name: string]: {
      readonly generation: number | string;
      /** End of the journal minus checkpoint, over all partitions; null where it cannot be told. */
      readonly lag_events: number | null;
      readonly lag_ms: number | null;
    };
  };
  readonly system: {
    /** bytes */
    readonly rss: number;
    /** bytes */
    readonly heap: number;
    readonly event_loop_ms: number;
    readonly load: readonly number[];
    /** bytes; null where it cannot be told */
    readonly disk_free: number | null;
  };
  /** ISO 8601 */
  readonly timestamp: string;
}

/** What every process shows of itself, whatever its roles. */
export interface Vitals {
  readonly credentials: Credentials;
  readonly metrics: Metrics;
  readonly health: () => Promise<HealthReport>;
  /** Whether it can do its work now. */
  readonly ready: () => boolean;
}

/** What a process without the API role is made of. */
export interface VitalsDeps extends Vitals {
  readonly config: Config;
  readonly logger: Logger;
}

/** Audits of the whole ledger, at most one at a time in this process. */
export interface Audits {
  /**
   * @returns the report as `ledger audit --json` prints it; null where another audit is under way
   * @throws Error where there is no report: what the audit needs is away, its time was over, the signal ended it
   */
  run(options: { readonly atRest: boolean }, signal: AbortSignal): Promise<object | null>;
}

/** What a replay is asked to be; the rest is as the service has it. */
export interface ReplayOrder {
  readonly projection: string;
  readonly until?: string;
  readonly as?: string;
  readonly rate?: number;
  readonly types?: readonly string[];
  readonly product?: string;
  readonly expires_in_s?: number;
  /** Whether it is read as soon as it has caught up. */
  readonly activate: boolean;
}

/** A replay as it is answered; see the schema `Replay`. */
export interface ReplayShown {
  readonly replay_id: string;
  /** Of a change of what is read: what follows it later. */
  readonly warning?: string | null;
}

/** Replays of the ledger. Everything throws Problem: what it says is what the caller hears. */
export interface Replays {
  start(order: ReplayOrder): Promise<ReplayShown>;
  list(paging: Paging): Promise<Listed<ReplayShown>>;
  /** By id, or by the name of a private one. */
  find(id: string): Promise<ReplayShown>;
  diff(id: string, signal: AbortSignal): Promise<object>;
  activate(id: string, despite: boolean, signal: AbortSignal): Promise<ReplayShown>;
  rollback(id: string, signal: AbortSignal): Promise<ReplayShown>;
  drop(id: string): Promise<void>;
}

/** What an API instance is made of. */
export interface AppDeps {
  readonly config: Config;
  readonly client: LedgerClient;
  readonly views: Views;
  readonly figures: Figures;
  readonly credentials: Credentials;
  readonly claims: Claims;
  readonly audits: Audits;
  readonly customers: Customers;
  readonly deadLetters: DeadLetters;
  readonly replays: Replays;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: () => Promise<HealthReport>;
  readonly passing?: PassCrashPoint;
}

/** What the routes work with. */
export interface Room {
  readonly config: Config;
  readonly client: LedgerClient;
  readonly reader: Reader;
  readonly submit: Submit;
  readonly undecided: Undecided;
  readonly audits: Audits;
  readonly customers: Customers;
  readonly deadLetters: DeadLetters;
  readonly replays: Replays;
  readonly credentials: Credentials;
  readonly metrics: Metrics & ApiMetrics;
  readonly health: () => Promise<HealthReport>;
}
