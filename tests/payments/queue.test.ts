// Whose turn it is: nobody before their time, the most urgent first, and nobody left behind.
import { expect, test } from '@jest/globals';
import type { Priority } from '../../schemas/generated.ts';
import { createJobQueue } from '../../consumers/payments/queue.ts';

const item = (name: string, priority: Priority, due = 0) => ({ name, priority, due });
type Item = ReturnType<typeof item>;

function takeAll(queue: ReturnType<typeof createJobQueue<Item>>, now = 0): string[] {
  const names: string[] = [];
  for (let next = queue.take(now); next !== null; next = queue.take(now)) names.push(next.name);
  return names;
}

test('the most urgent go first, in the order in which they came', () => {
  const queue = createJobQueue<Item>();
  for (const one of [item('c', 'high'), item('a', 'max'), item('d', 'high'), item('b', 'critical')]) queue.put(one);
  expect(takeAll(queue)).toEqual(['a', 'b', 'c', 'd']);
});

test('nobody is taken before their time', () => {
  const queue = createJobQueue<Item>();
  queue.put(item('late', 'max', 100));
  queue.put(item('early', 'low', 50));
  expect(queue.take(49)).toBeNull();
  expect(queue.nextDue()).toBe(50);
  expect(queue.take(99)?.name).toBe('early');
  expect(takeAll(queue, 100)).toEqual(['late']);
  expect(queue.nextDue()).toBeNull();
});

test('one that is never the most urgent has its turn among as many urgent ones as may come', () => {
  const queue = createJobQueue<Item>();
  queue.put(item('patient', 'low'));
  const taken: string[] = [];
  for (let turn = 0; turn < 10; turn++) {
    queue.put(item('urgent', 'max'));
    taken.push(queue.take(0)?.name ?? 'nobody');
  }
  expect(taken.indexOf('patient')).toBe(4);
  expect(taken.filter((name) => name === 'patient')).toHaveLength(1);
});

test('each is taken once, also where many are taken by both orders', () => {
  const queue = createJobQueue<Item>();
  const priorities: readonly Priority[] = ['low', 'normal', 'high', 'critical', 'max'];
  const names = Array.from({ length: 1_000 }, (_, i) => `job-${i}`);
  names.forEach((name, i) => queue.put(item(name, priorities[(i * 7) % 5] ?? 'low', i % 3)));
  expect(takeAll(queue, 3).sort()).toEqual(names.sort());
  expect(queue.size()).toEqual({ later: 0, ready: 0 });
});

test('what does not pass is gone, whether its time had come or not', () => {
  const queue = createJobQueue<Item>();
  queue.put(item('stays', 'low'));
  queue.put(item('goes', 'max'));
  queue.put(item('goes later', 'max', 5));
  expect(queue.take(-1)).toBeNull();
  queue.keep(({ name }) => !name.startsWith('goes'));
  expect(queue.size()).toEqual({ later: 1, ready: 0 });
  expect(takeAll(queue, 10)).toEqual(['stays']);
});
