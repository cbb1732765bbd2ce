// Which jobs the payment worker knows: no order has two, and none is forgotten.
import { expect, test } from '@jest/globals';
import { createDesk } from '../../consumers/payments/desk.ts';
import { jobOf } from './job.ts';

const job = jobOf();

const deskOf = () => createDesk({ ring: () => undefined, wait: () => Promise.resolve() }, () => undefined);

test('an order that is begun twice has one job', () => {
  const desk = deskOf();
  desk.begin(job);
  desk.begin({ ...job });
  expect(desk.queue.take(0)).toEqual(job);
  expect(desk.queue.take(0)).toBeNull();
});

test('a job that ran when its partition went is begun again when the partition comes back', () => {
  const desk = deskOf();
  desk.begin(job);
  expect(desk.queue.take(0)).toEqual(job);
  desk.drop(2);
  desk.begin(job);
  expect(desk.queue.take(0)).toEqual(job);
});

test('a partition that goes takes along its own jobs alone', () => {
  const desk = deskOf();
  desk.begin(job);
  desk.begin({ ...job, order_id: 'order-2', partition: 3 });
  desk.drop(2);
  expect(desk.queue.take(0)).toMatchObject({ order_id: 'order-2' });
  expect(desk.queue.take(0)).toBeNull();
});
