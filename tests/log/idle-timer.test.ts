// The patch of kafkajs' idle timer: it takes away the wake-ups and nothing else. The day kafkajs changes, this fails.
import { createRequire } from 'node:module';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Kafka } from 'kafkajs';
import type { RequestQueue } from '../../src/log/kafka/idle-timer.ts';
import { requestQueuePrototype, stopIdleTimers } from '../../src/log/kafka/idle-timer.ts';

interface Queue extends RequestQueue {
  pending: unknown[];
  throttleCheckTimeoutId: unknown;
  checkPendingRequests(): void;
  destroy(): void;
}

const queues: Queue[] = [];
afterEach(() => {
  for (const queue of queues.splice(0)) queue.destroy();
});

describe("kafkajs' request queue", () => {
  test('is as idle as this patch assumes: unpatched it arms a timer although nothing waits', () => {
    const prototype = requestQueuePrototype();
    const original = Object.getOwnPropertyDescriptor(prototype, Symbol.for('order-ledger.idle-timer'));
    const schedule: unknown = original === undefined ? prototype.scheduleCheckPendingRequests : original.value;
    const queue = newQueue();
    if (typeof schedule !== 'function') throw new Error('there is nothing to patch');
    schedule.call(queue);
    expect(queue.throttleCheckTimeoutId).not.toBeNull();
  });

  test('arms no timer while nothing waits, and one as soon as something does', () => {
    stopIdleTimers();
    stopIdleTimers();
    const queue = newQueue();
    queue.checkPendingRequests();
    expect(queue.throttleCheckTimeoutId).toBeNull();

    queue.pending.push({});
    queue.scheduleCheckPendingRequests();
    expect(queue.throttleCheckTimeoutId).not.toBeNull();
  });

  test('is the one that clients of this process use', () => {
    stopIdleTimers();
    expect(requestQueuePrototype()).toBe(requestQueueClass().prototype);
    expect(new Kafka({ brokers: ['127.0.0.1:1'], logLevel: 0 })).toBeDefined();
  });
});

function newQueue(): Queue {
  const RequestQueueClass = requestQueueClass();
  const queue = new RequestQueueClass({
    maxInFlightRequests: 1,
    requestTimeout: 1_000,
    enforceRequestTimeout: false,
    clientId: 'test',
    broker: 'none',
    logger: { debug: () => undefined },
  });
  queues.push(queue);
  return queue;
}

function requestQueueClass(): new (options: object) => Queue {
  return createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as new (options: object) => Queue;
}
