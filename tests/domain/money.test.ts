// Sums and products stay exact up to 2^53 - 2, the largest integer of a record, and are refused from there on.
import { expect, test } from '@jest/globals';
import { add, multiply, sum } from '../../src/domain/money.ts';
import { usd } from './given.ts';

const most = Number.MAX_SAFE_INTEGER - 1;

test.each([
  [0, 0, 0],
  [most - 1, 1, most],
  [most, 0, most],
  [most, 1, null],
  [most, most, null],
])('%d + %d', (a, b, both) => {
  expect(add(a, b)).toBe(both);
});

test.each([
  [0, 1_000_000, 0],
  [most, 1, most],
  [most / 2, 2, most],
  [most / 2 + 1, 2, null],
  [Math.floor(most / 1000), 1000, Math.floor(most / 1000) * 1000],
  [Math.floor(most / 1000) + 1, 1000, null],
  [1e12, 1e8, null],
])('%d * %d', (amount, quantity, product) => {
  expect(multiply(amount, quantity)).toBe(product);
});

test('amounts are summed up to 2^53 - 2', () => {
  expect(sum([usd(most - 3), usd(1), usd(2)], 'USD')).toEqual(usd(most));
  expect(sum([usd(most - 3), usd(2), usd(2)], 'USD')).toBeNull();
});
