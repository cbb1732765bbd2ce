// Requests that wait for the outcome of one command, and what they were told.
import type { Decided, Waiter, Waiters } from '../../src/http/waiters.ts';
import { createWaiters } from '../../src/http/waiters.ts';
import { outcomeOf } from './support.ts';

export const limits = {
  waitersMax: 100,
  waitersPerPartitionMax: 60,
  writerStalledMsMax: 10_000,
  decisionLateMs: 1_000,
};
export const commandId = '22222222-2222-8222-8222-222222222222';
export const bodyA = new Uint8Array(32).fill(1);
export const bodyB = new Uint8Array(32).fill(2);

export const accepted = (placedAt: number, fingerprint = bodyA) =>
  outcomeOf({ type: 'ProductArchived', data: { product_id: 'p', version: 2 } }, { commandId, placedAt, fingerprint });

export function setup(): { waiters: Waiters; clock: { now: number } } {
  const clock = { now: 0 };
  return { waiters: createWaiters(limits, () => clock.now), clock };
}

export function sending(waiters: Waiters, body = bodyA): Waiter {
  const waiter = waiters.join(0, commandId, body);
  waiter.sending();
  return waiter;
}

/** What a waiter was told so far: `fresh <type>`, `repeat <type>` or `waits`. */
export async function told(waiter: Waiter): Promise<string> {
  const waits: Promise<Decided | null> = Promise.resolve(null);
  // A settled promise wins over one that was made later.
  const decided = await Promise.race([waiter.decided, waits]);
  if (decided === null) return 'waits';
  return `${decided.repeat ? 'repeat' : 'fresh'} ${decided.outcome.event.type}`;
}
