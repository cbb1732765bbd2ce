// kafkajs 2.2.4 re-arms the timer of a connection's request queue for ever, with a negative delay, even when nothing is
// queued: 830 wake-ups a second on every idle connection. Here the timer is armed only when something waits for it.
import { createRequire } from 'node:module';

/** The part of kafkajs' request queue that the patch relies on. */
export interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const method = 'scheduleCheckPendingRequests';
const patched = Symbol.for('order-ledger.idle-timer');

/** Patches kafkajs in this process; more than once does no harm. @throws Error when kafkajs is not shaped as expected */
export function stopIdleTimers(): void {
  const prototype = requestQueuePrototype();
  if (patched in prototype) return;
  const original = prototype[method];
  Object.defineProperty(prototype, patched, { value: original });
  prototype[method] = function schedule(this: RequestQueue): void {
    if (this.pending.length > 0) original.call(this);
  };
}

/** @throws Error when kafkajs is not shaped as expected */
export function requestQueuePrototype(): RequestQueue {
  const loaded: unknown = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js');
  if (typeof loaded === 'function' && isRequestQueue(loaded.prototype)) return loaded.prototype;
  throw new Error(`kafkajs has no RequestQueue.${method} any more: look whether the idle timer still needs a patch`);
}

function isRequestQueue(value: unknown): value is RequestQueue {
  return typeof value === 'object' && value !== null && method in value && typeof value[method] === 'function';
}
