// The gateway's own record: what became of each attempt, kept in a file so that it outlives the process. It is what an
// outsider compares the ledger with.
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';

export interface Money {
  readonly amount: number;
  readonly currency: string;
}

/** What the gateway knows of one attempt. `voided`: nothing is, or ever will be, captured under it. */
export interface Attempt {
  readonly attempt_id: string;
  readonly order_id: string | null;
  readonly payment_id: string;
  readonly status: 'captured' | 'declined' | 'voided';
  readonly amount: Money | null;
  readonly reason: string | null;
  /** ISO 8601 */
  readonly at: string;
}

export interface PaymentRecord {
  find(attemptId: string): Attempt | undefined;
  /** Keeps what became of an attempt. */
  keep(attempt: Attempt): void;
  /** In the order in which they first came. */
  all(): readonly Attempt[];
  /** Attempts by what became of them, and the orders for which more than one is captured now. */
  summary(): {
    readonly captured: number;
    readonly declined: number;
    readonly voided: number;
    readonly orders_captured: number;
    readonly captured_twice: readonly string[];
  };
}

/** Opens the record; without a file it lives in memory. @throws Error where a line of the file cannot be read */
export function openRecord(file: string | null): PaymentRecord {
  const attempts = new Map<string, Attempt>();
  if (file !== null && existsSync(file)) {
    for (const line of wholeLines(file)) {
      // Only `keep` writes it.
      const attempt = JSON.parse(line) as Attempt;
      attempts.set(attempt.attempt_id, attempt);
    }
  }
  return {
    find: (attemptId) => attempts.get(attemptId),
    keep: (attempt) => {
      // The file first: what was answered must not be forgotten.
      if (file !== null) appendFileSync(file, `${JSON.stringify(attempt)}\n`);
      attempts.set(attempt.attempt_id, attempt);
    },
    all: () => [...attempts.values()],
    summary: () => summaryOf([...attempts.values()]),
  };
}

function summaryOf(attempts: readonly Attempt[]): ReturnType<PaymentRecord['summary']> {
  const count = (status: Attempt['status']): number => attempts.filter((one) => one.status === status).length;
  const captures = new Map<string, number>();
  for (const { status, order_id: orderId } of attempts) {
    if (status === 'captured' && orderId !== null) captures.set(orderId, (captures.get(orderId) ?? 0) + 1);
  }
  return {
    captured: count('captured'),
    declined: count('declined'),
    voided: count('voided'),
    orders_captured: captures.size,
    captured_twice: [...captures].filter(([, times]) => times > 1).map(([orderId]) => orderId),
  };
}

/** A process that was killed may leave half a line, which was answered to nobody: it goes. */
function wholeLines(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole !== text) truncateSync(file, Buffer.byteLength(whole));
  return whole.split('\n').slice(0, -1);
}
