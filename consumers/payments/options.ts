// What the payment worker is made of and what it tells.
import type { EventRecord } from '../../schemas/records.ts';
import type { LedgerClient } from '../../src/log/client-port.ts';
import type { Log, LogRecord, Pace } from '../../src/log/port.ts';
import type { Config } from '../../src/platform/config.ts';
import type { Logger } from '../../src/platform/logger.ts';
import type { BreakerState } from './breaker.ts';
import type { GatewayFault } from './gateway.ts';
import type { PaymentOutcome } from './job.ts';
import type { Propose } from '../propose.ts';

/** Hears what the worker counts. */
export interface PaymentEvents {
  finished(outcome: PaymentOutcome): void;
  failed(own: boolean): void;
  parked(): void;
  /** A partition can go on no further. */
  halted(error: unknown): void;
  /** An answer of the gateway that is not to be believed. */
  strange(fault: GatewayFault): void;
  answered(operation: 'charge' | 'look_up' | 'void', outcome: string, ms: number): void;
}

export interface PaymentOptions {
  readonly log: Log;
  readonly journal: string;
  readonly deadLetters: string;
  /** The group whose members share the partitions. */
  readonly group: string;
  /** A group of this process alone, for what every worker has to know. */
  readonly ownGroup: string;
  readonly client: Pick<LedgerClient, 'brokerNow'>;
  readonly propose: Propose;
  readonly decode: (partition: number, record: LogRecord, signal: AbortSignal) => EventRecord | Promise<EventRecord>;
  readonly config: Config;
  readonly logger: Logger;
  readonly pace: Pace;
  readonly events: PaymentEvents;
  /** Passed after the gateway has done its part; a test may let the process die there. */
  readonly charged: () => void;
  readonly trouble: (error: unknown) => void;
}

export interface PaymentStatus {
  readonly partitions: readonly number[];
  /** By partition: offset of the oldest payment that is not finished, or where reading goes on. */
  readonly checkpoints: ReadonlyMap<number, number>;
  readonly breaker: BreakerState;
  /** Jobs that wait for their time, for their turn, that are at work, and open dead letters of all partitions. */
  readonly jobs: { readonly later: number; readonly ready: number; readonly running: number; readonly parked: number };
  /** Partitions that are read no further, and why. */
  readonly halted: ReadonlyMap<number, string>;
}

export interface RunningPayments {
  status(): PaymentStatus;
  /** Takes no more jobs, finishes those at work, states checkpoints, leaves the group. */
  stop(): Promise<void>;
}
