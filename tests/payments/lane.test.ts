// One partition as the payment worker reads it: which jobs begin, and how far a checkpoint may go.
import { expect, test } from '@jest/globals';
import { attemptIdOf } from '../../consumers/payments/identities.ts';
import type { Job } from '../../consumers/payments/job.ts';
import { createLane } from '../../consumers/payments/lane.ts';
import { createLaneJobs } from '../../consumers/payments/lane-jobs.ts';
import type { EventRecord } from '../../schemas/records.ts';
import { positionHeader, positionOf } from '../../src/log/journal.ts';
import type { LogRecord } from '../../src/log/port.ts';

type Told = readonly [type: string, order: string, payment?: string];

const at = Date.UTC(2026, 10, 21, 10);

/** Every event lies at the place that it has in the list. */
function world(
  events: readonly Told[],
  options: { until?: number; parked?: readonly string[]; from?: number; jobsMax?: number } = {},
) {
  const begun: Job[] = [];
  const halted: unknown[] = [];
  const { from = 0, until = 0, parked = [], jobsMax = 100 } = options;
  const jobs = createLaneJobs({
    partition: 3,
    delayMs: 2_000,
    isParked: (order) => parked.includes(order),
    begin: (job) => begun.push(job),
    settled: (order) => lane.finish(order),
  });
  const lane = createLane({
    partition: 3,
    jobs,
    from,
    until,
    jobsMax,
    decode: (_partition, { offset }) => eventOf(events[offset]),
    halted: (error) => halted.push(error),
  });
  /** Resolves when they were read, which waits for nothing but its own turn. */
  const put = async (first: number, last: number): Promise<void> => {
    lane.put(Array.from({ length: last - first }, (_, i) => recordAt(first + i)));
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { lane, begun, halted, put, orders: () => begun.map(({ order_id }) => order_id) };
}

function eventOf(told: Told | undefined): EventRecord {
  if (told === undefined) throw new Error('there is no such event');
  const [type, order_id, payment = 'automatic'] = told;
  const data = { order_id, customer_id: 'ada', total: { amount: 5, currency: 'USD' }, priority: 'normal', payment };
  return { type, data, meta: { at, correlation_id: 'trace' } } as unknown as EventRecord;
}

function recordAt(offset: number, stated = offset): LogRecord {
  const headers = { [positionHeader]: positionOf(stated, []) };
  return { offset, at, key: null, value: Buffer.alloc(0), headers, hole: false };
}

test('an automatic order is begun after its delay, a manual one when it is asked for', async () => {
  const { begun, put } = world([
    ['OrderAccepted', 'a'],
    ['OrderAccepted', 'b', 'manual'],
    ['PaymentRequested', 'b'],
    ['StockHeld', 'c'],
  ]);
  await put(0, 4);
  expect(begun).toMatchObject([
    { order_id: 'a', due: at + 2_000, partition: 3, offset: 0, attempt_id: attemptIdOf('a') },
    { order_id: 'b', due: at, partition: 3, offset: 2 },
  ]);
});

test('the checkpoint is that of the oldest job that is not finished', async () => {
  const { lane, put } = world([
    ['OrderAccepted', 'a'],
    ['OrderAccepted', 'b'],
    ['StockHeld', 'x'],
    ['OrderAccepted', 'c'],
  ]);
  expect(lane.checkpoint()).toBe(0);
  await put(0, 4);
  lane.finish('b');
  expect(lane.checkpoint()).toBe(0);
  lane.finish('a');
  expect(lane.checkpoint()).toBe(3);
  lane.finish('c');
  expect(lane.checkpoint()).toBe(4);
});

test('what was settled before the end of the start is not begun, the rest is when that end is reached', async () => {
  const events: readonly Told[] = [
    ['OrderAccepted', 'a'],
    ['OrderAccepted', 'b'],
    ['OrderPaid', 'a'],
    ['OrderCancelled', 'b'],
    ['OrderAccepted', 'c'],
  ];
  const { lane, put, orders } = world(events, { until: 5 });
  await put(0, 4);
  expect([orders(), lane.checkpoint()]).toEqual([[], 4]);
  await put(4, 5);
  expect([orders(), lane.checkpoint()]).toEqual([['c'], 4]);
});

test('a parked order is not begun again, and does not hold the checkpoint', async () => {
  const { lane, put, orders } = world(
    [
      ['OrderAccepted', 'a'],
      ['OrderAccepted', 'b'],
    ],
    { parked: ['a'] },
  );
  await put(0, 2);
  expect(orders()).toEqual(['b']);
  expect(lane.checkpoint()).toBe(1);
});

test('void records begin nothing', async () => {
  const { lane, orders } = world([['OrderAccepted', 'a']]);
  lane.put([recordAt(0, 7)]);
  await new Promise((resolve) => setImmediate(resolve));
  expect([orders(), lane.checkpoint()]).toEqual([[], 1]);
});

test('an event that cannot be read halts the lane at that event', async () => {
  const { lane, halted, put, orders } = world([['OrderAccepted', 'a']]);
  await put(0, 3);
  expect(halted).toHaveLength(1);
  expect(lane.error()?.message).toBe('there is no such event');
  lane.finish('a');
  expect([orders(), lane.checkpoint()]).toEqual([[], 1]);
});

test('a lane that has half of what may be known begins: it may be paused until some of it is done', async () => {
  const orders = ['a', 'b', 'c', 'd', 'e', 'f'].map((order): Told => ['OrderAccepted', order]);
  const { put, orders: begun } = world(orders, { until: 1_000, jobsMax: 10 });
  await put(0, 5);
  expect(begun()).toEqual([]);
  await put(5, 6);
  expect(begun()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
});
