// What comes after each pass of a payment, on a clock that the test turns.
import { expect, test } from '@jest/globals';
import { startCrew } from '../../consumers/payments/crew.ts';
import type { Job, Passed, PaymentOutcome } from '../../consumers/payments/job.ts';
import { createJobQueue } from '../../consumers/payments/queue.ts';
import type { LetterRecord } from '../../schemas/dead-letters.ts';
import { eventually } from '../support/servers.ts';
import { jobOf } from './job.ts';

const orderId = '0002d88b-0252-86cf-8290-560cbac41c50';
const job = jobOf({ order_id: orderId });
const failed: Passed = { kind: 'failed', error: 'the gateway answered 500' };
const hindered: Passed = { kind: 'hindered', error: 'nobody answers' };
const finished: Passed = { kind: 'finished', outcome: 'captured' };

/** Each pass ends as the next of the list says; time passes only by `turn`. */
function world(passes: readonly Passed[], room: () => number = () => 1) {
  const left = [...passes];
  const log: { outcomes: PaymentOutcome[]; letters: LetterRecord[]; done: string[]; passedAt: number[] } = {
    outcomes: [],
    letters: [],
    done: [],
    passedAt: [],
  };
  let now = 0;
  const queue = createJobQueue<Job>();
  const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const crew = startCrew({
    queue,
    gateway: { room: (running) => (running === 0 ? room() : 0) },
    pass: () => {
      log.passedAt.push(now);
      return Promise.resolve(left.shift() ?? finished);
    },
    signalOf: () => new AbortController().signal,
    attemptsBefore: () => 0,
    write: (record) => {
      log.letters.push(record);
      return Promise.resolve();
    },
    done: ({ order_id }) => log.done.push(order_id),
    retryMs: [1_000, 3_000, 5_000],
    jobMsMax: 60_000,
    // Jitter of 0.8 + 0.4 * 0.5 leaves every wait as it is.
    pace: { sleep: soon, random: () => 0.5, now: () => now },
    brokerNow: () => now,
    bell: { ring: () => undefined, wait: soon },
    events: { finished: (outcome) => log.outcomes.push(outcome), failed: () => undefined, parked: () => undefined },
    trouble: () => undefined,
  });
  const passed = (times: number) => eventually(() => log.passedAt.length >= times, { withinMs: 5_000 });
  /** Turns the clock until so many passes were made. */
  const run = async (times: number): Promise<void> => {
    while (log.passedAt.length < times) {
      const due = await eventually(() => queue.nextDue() !== null || log.passedAt.length >= times, { withinMs: 5_000 });
      now = due && queue.nextDue() !== null ? Math.max(now, queue.nextDue() ?? now) : now;
      await passed(Math.min(times, log.passedAt.length + 1));
    }
  };
  return { queue, log, crew, run };
}

test('a payment that goes through is done', async () => {
  const { queue, log, crew, run } = world([finished]);
  queue.put(job);
  await run(1);
  await eventually(() => log.done.length === 1, { withinMs: 5_000 });
  await crew.stop(1_000);
  expect(log).toMatchObject({ outcomes: ['captured'], letters: [], done: [orderId] });
});

test('one that fails by itself is tried again after 1, 3 and 5 s, and then parked', async () => {
  const { queue, log, crew, run } = world([failed, failed, failed, failed]);
  queue.put(job);
  await run(4);
  await eventually(() => log.done.length === 1, { withinMs: 5_000 });
  await crew.stop(1_000);
  expect(log.passedAt).toEqual([0, 1_000, 4_000, 9_000]);
  expect(log.letters).toMatchObject([
    {
      kind: 'parked',
      order_id: orderId,
      consumer: 'payments',
      attempts: 4,
      offset: 7,
      error: 'the gateway answered 500',
    },
  ]);
  expect(log.outcomes).toEqual([]);
});

test('hindrances never count, however many there are', async () => {
  const { queue, log, crew, run } = world([failed, ...Array.from({ length: 50 }, () => hindered), failed, finished]);
  queue.put(job);
  await run(53);
  await eventually(() => log.done.length === 1, { withinMs: 5_000 });
  await crew.stop(1_000);
  expect(log).toMatchObject({ outcomes: ['captured'], letters: [] });
});

test('a parked one that goes through settles its letter, one that is abandoned discards it', async () => {
  for (const [what, outcome, settled] of [
    ['pay', 'captured', 'resolved'],
    ['abandon', 'abandoned', 'discarded'],
  ] as const) {
    const { queue, log, crew, run } = world([{ kind: 'finished', outcome }]);
    queue.put({ ...job, what, parked: true });
    await run(1);
    await eventually(() => log.done.length === 1, { withinMs: 5_000 });
    await crew.stop(1_000);
    expect(log.letters).toMatchObject([{ kind: 'settled', outcome: settled, order_id: orderId }]);
  }
});

test('while there is no room nothing is attempted', async () => {
  let room = 0;
  const { queue, log, crew, run } = world([finished], () => room);
  queue.put(job);
  for (let times = 0; times < 20; times++) await new Promise((resolve) => setImmediate(resolve));
  expect(log.passedAt).toEqual([]);
  room = 1;
  await run(1);
  await crew.stop(1_000);
  expect(log.outcomes).toEqual(['captured']);
});
