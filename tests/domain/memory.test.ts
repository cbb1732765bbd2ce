// The compact store of remembered commands gives back what it was given, for many keys and every kind of id.
import { expect, test } from '@jest/globals';
import { createMemory } from '../../src/domain/memory.ts';
import type { Remembered } from '../../src/domain/memory.ts';
import { print, start, uuid } from './given.ts';

function remembered(n: number): Remembered {
  const ids = [
    { order_id: uuid(n + 1_000_000), product_id: null },
    { order_id: `odd ${n}`, product_id: null },
    { order_id: uuid(n).toUpperCase().replace('-8', '-A'), product_id: null },
    { order_id: null, product_id: `product-${n}` },
    { order_id: null, product_id: null },
  ];
  const decided = ['OrderAccepted', 'out_of_stock', 'ProductCreated', 'too_large'][n % 4] ?? '';
  const place = { at: start + n, first_offset: Number.MAX_SAFE_INTEGER - n, decided };
  return {
    ...place,
    fingerprint: print(n).subarray(0, 16),
    ...(ids[n % ids.length] ?? { order_id: null, product_id: null }),
  };
}

test('gives back what it was given', () => {
  const memory = createMemory();
  for (let n = 0; n < 5_000; n += 1) memory.set(uuid(n), remembered(n));
  expect(memory.size).toBe(5_000);
  for (let n = 0; n < 5_000; n += 1) expect(memory.get(uuid(n))).toEqual(remembered(n));
  expect(memory.get(uuid(5_000))).toBeUndefined();
  expect(memory.get('no uuid')).toBeUndefined();
});

test('lists what it was given, in that order', () => {
  const memory = createMemory();
  for (let n = 2_999; n >= 0; n -= 1) memory.set(uuid(n), remembered(n));
  const listed = [...memory.entries()];
  expect(listed).toHaveLength(3_000);
  expect(listed[0]).toEqual([uuid(2_999), remembered(2_999)]);
  expect(listed[2_999]).toEqual([uuid(0), remembered(0)]);
});

test('keeps the latest value of a key', () => {
  const memory = createMemory();
  for (const n of [1, 2, 3, 4, 5]) memory.set(uuid(1), remembered(n));
  expect([...memory.entries()]).toEqual([[uuid(1), remembered(5)]]);
});

test('tells apart keys that differ in any one digit', () => {
  const memory = createMemory();
  const keys = ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'].flatMap((key) =>
    Array.from(key, (digit, place) => (digit === '-' ? key : `${key.slice(0, place)}7${key.slice(place + 1)}`)),
  );
  for (const key of keys)
    memory.set(key, { ...remembered(0), decided: key.slice(0, 9), product_id: key, order_id: null });
  for (const key of keys) expect(memory.get(key)?.product_id).toBe(key);
  expect(memory.size).toBe(new Set(keys).size);
});

const misplaced = [8, 13, 18, 23].map((dash) => `${uuid(1).slice(0, dash)}0${uuid(1).slice(dash + 1)}`);

test.each([...misplaced, '', 'x'.repeat(36), uuid(10).toUpperCase(), `${uuid(1)}0`, uuid(1).replaceAll('-', '')])(
  'does not take "%s" for a key',
  (key) => {
    expect(() => createMemory().set(key, remembered(1))).toThrow('no UUID');
    expect(createMemory().get(key)).toBeUndefined();
  },
);
