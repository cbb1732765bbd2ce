// A job of the payment worker: one order whose payment has to come to an end.
import type { Money, Priority } from '../../schemas/generated.ts';

export interface Job {
  readonly order_id: string;
  readonly customer_id: string;
  readonly total: Money;
  readonly priority: Priority;
  readonly partition: number;
  /** Journal offset of the event that began it; no checkpoint goes beyond that before the job is finished. */
  readonly offset: number;
  readonly attempt_id: string;
  readonly correlation_id: string;
  /** `abandon`: somebody discarded it, so whatever was captured is taken back. */
  readonly what: 'pay' | 'abandon';
  /** Whether it was parked before; its dead letter is settled with it. */
  readonly parked: boolean;
  readonly failures: Failures;
  /** Not before this time of the broker's clock, ms since the epoch. */
  readonly due: number;
}

/** What is known of a job's failures; only those count that are its own. */
export interface Failures {
  readonly attempts: number;
  /** ms since the epoch; null where there was none */
  readonly first_at: number | null;
  readonly error: string;
}

export const noFailures: Failures = { attempts: 0, first_at: null, error: '' };

/** How one pass of a job ended. */
export type Passed =
  | { readonly kind: 'finished'; readonly outcome: PaymentOutcome }
  /** It failed by a fault of its own, while the gateway went on answering. */
  | { readonly kind: 'failed'; readonly error: string }
  /** Nothing can be said against the job: the gateway or the ledger is away. */
  | { readonly kind: 'hindered'; readonly error: string };

/** `not_wanted`: the order had come to another end, and nothing was charged. */
export type PaymentOutcome = 'captured' | 'declined' | 'abandoned' | 'not_wanted';
