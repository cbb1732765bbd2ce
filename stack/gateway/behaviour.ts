// How the simulated gateway behaves: which attempts it declines, how long it takes and what goes wrong. All of it is
// drawn from the seed and the attempt, never from a clock or the order in which requests come.
import { createHash } from 'node:crypto';

/**
 * What can go wrong with a request.
 * - `error`: 500, nothing is done. `hang`: no answer, nothing is done. `late`: done, answered after `late_ms`.
 * - `lost`: done, and the connection breaks before the answer. `unsigned`: done, answered without a signature.
 * - `wrong_amount`: done, and the signed answer tells another amount.
 */
export const faultNames = ['error', 'hang', 'late', 'lost', 'unsigned', 'wrong_amount'] as const;
export type Fault = (typeof faultNames)[number];

export interface Behaviour {
  readonly seed: string;
  /** Share of the attempts that are captured; the others are declined. */
  readonly success_rate: number;
  /** Before every answer, ms; up to `latency_jitter_ms` more. */
  readonly latency_ms: number;
  readonly latency_jitter_ms: number;
  readonly late_ms: number;
  /** Breaks every connection without a word. */
  readonly down: boolean;
  /** Share of all requests that meet each fault. */
  readonly faults: { readonly [fault in Fault]: number };
  /** Orders whose every charge meets this fault, or `decline`; look-ups and voids of theirs go well unless `wrong_amount`. */
  readonly orders: { readonly [orderId: string]: Fault | 'decline' };
}

export const usualBehaviour: Behaviour = {
  seed: 'order-ledger',
  success_rate: 0.9,
  latency_ms: 20,
  latency_jitter_ms: 20,
  late_ms: 10_000,
  down: false,
  faults: { error: 0, hang: 0, late: 0, lost: 0, unsigned: 0, wrong_amount: 0 },
  orders: {},
};

/** A request as far as its behaviour depends on it. `nth` counts the requests about one attempt, from 1. */
export interface Occasion {
  readonly kind: 'charge' | 'look_up' | 'void';
  readonly attemptId: string;
  readonly orderId: string | null;
  readonly nth: number;
}

/** The fault that a request meets; null where it goes well. */
export function faultOf({ seed, faults, orders }: Behaviour, occasion: Occasion): Fault | null {
  const { kind, attemptId, orderId, nth } = occasion;
  const own = orderId === null ? undefined : orders[orderId];
  if (own !== undefined && own !== 'decline' && (kind === 'charge' || own === 'wrong_amount')) return own;
  let left = chance(seed, kind, attemptId, String(nth));
  for (const fault of faultNames) {
    left -= faults[fault];
    if (left < 0) return fault;
  }
  return null;
}

/** Whether an attempt is captured. */
export function isCaptured({ seed, success_rate, orders }: Behaviour, attemptId: string, orderId: string): boolean {
  return orders[orderId] !== 'decline' && chance(seed, 'capture', attemptId) < success_rate;
}

/** How long a request takes, ms. */
export function latencyOf({ seed, latency_ms, latency_jitter_ms }: Behaviour, { attemptId, nth }: Occasion): number {
  return latency_ms + latency_jitter_ms * chance(seed, 'latency', attemptId, String(nth));
}

/** In [0, 1), the same for the same words. */
function chance(...words: readonly string[]): number {
  return createHash('sha256').update(JSON.stringify(words)).digest().readUInt32BE(0) / 2 ** 32;
}
