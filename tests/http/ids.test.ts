// Identities are derived: the same request has the same ones for ever, whoever computes them.
import { describe, expect, test } from '@jest/globals';
import type { IdempotencyKey } from '../../src/http/ids.ts';
import {
  fingerprintOf,
  homeProduct,
  keyedCommandId,
  orderIdPeriodMs,
  parseIdempotencyKey,
  parseOrderId,
  parseProductId,
  proposeOrderId,
} from '../../src/http/ids.ts';

function keyOf(text: string): IdempotencyKey {
  const key = parseIdempotencyKey(text);
  if (key === null) throw new Error(`${text} is no key`);
  return key;
}

describe('command ids', () => {
  test('are golden: a change would make every retry a new request', () => {
    const id = keyedCommandId('key:1', 'place_order', keyOf('8e03978e-40d5-43e8-bc93-6894a57f9324'));
    expect(id).toBe('4cdd8254-b905-8e0a-aac8-c17e3358fe57');
  });

  test('differ when a character moves from one part to the next', () => {
    const ids = [
      keyedCommandId('key:1', 'place_order', keyOf('ab')),
      keyedCommandId('key:1a', 'place_order', keyOf('b')),
      keyedCommandId('key:1', 'purchase_product', keyOf('ab')),
      keyedCommandId('key:1', 'place_order', keyOf('AB')),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('order ids', () => {
  const command = keyedCommandId('key:1', 'place_order', keyOf('k'));
  const now = Date.UTC(2026, 10, 21, 10);

  test('are golden', () => {
    expect(proposeOrderId(5, command, now)).toBe('0005b85d-f41c-81f9-beb7-9f4ef3ebd95e');
  });

  test.each([0, 1, 7, 255, 256, 999])('say that they live in partition %i', (home) => {
    const id = proposeOrderId(home, command, now);
    expect(parseOrderId(id, 1_000)).toEqual({ id, partition: home });
    expect(parseOrderId(id.toUpperCase(), 1_000)).toEqual({ id, partition: home });
    expect(parseOrderId(id, home)).toBeNull();
  });

  test('stay the same within a period of 12 hours and change with it', () => {
    const start = Math.floor(now / orderIdPeriodMs) * orderIdPeriodMs;
    const first = proposeOrderId(1, command, start);
    expect(proposeOrderId(1, command, start + orderIdPeriodMs - 1)).toBe(first);
    expect(proposeOrderId(1, command, start + orderIdPeriodMs)).not.toBe(first);
  });

  test.each(['', 'x', '../../etc', '00000000-0000-4000-8000-000000000000', '00000000-0000-8000-c000-000000000000'])(
    'are not %p',
    (text) => {
      expect(parseOrderId(text, 8)).toBeNull();
    },
  );
});

describe('fingerprints', () => {
  test('are golden', () => {
    const fingerprint = fingerprintOf('place_order', { lines: [{ product_id: 'é', quantity: 1 }], customer_id: 'c' });
    expect(Buffer.from(fingerprint).toString('hex')).toBe(
      '9487edf68b26dae503502f9baa8092d67c0b780a92a8822c1133057eefde32f1',
    );
  });

  test('ignore the order of members, and keep the order of lines', () => {
    const a = { product_id: 'a', quantity: 1 };
    const b = { quantity: 2, product_id: 'b' };
    const one = fingerprintOf('place_order', { lines: [a, b], customer_id: 'c' });
    expect(fingerprintOf('place_order', { customer_id: 'c', lines: [{ quantity: 1, product_id: 'a' }, b] })).toEqual(
      one,
    );
    expect(fingerprintOf('place_order', { lines: [b, a], customer_id: 'c' })).not.toEqual(one);
    expect(fingerprintOf('purchase_product', { lines: [a, b], customer_id: 'c' })).not.toEqual(one);
  });
});

test('an order lives with the smallest product id by code unit, whatever the locale says', () => {
  expect(homeProduct(['b', 'a', 'c'])).toBe('a');
  expect(homeProduct(['a', 'B'])).toBe('B');
  expect(homeProduct(['a10', 'a9', 'a_'])).toBe('a10');
});

describe('keys', () => {
  test.each([
    ['abc', 'abc'],
    ['"abc"', 'abc'],
    ['"a"b"', 'a"b'],
    ['!', '!'],
    ['~'.repeat(255), '~'.repeat(255)],
    [`"${'k'.repeat(255)}"`, 'k'.repeat(255)],
  ])('%p is %p', (header, key) => {
    expect(parseIdempotencyKey(header)).toBe(key);
  });

  test.each(['', '""', 'a b', 'ä', 'a\tb', 'k'.repeat(256), 'a, b', '\u007f'])('%p is none', (header) => {
    expect(parseIdempotencyKey(header)).toBeNull();
  });
});

test.each(['', 'a b', 'ä', 'a/b', 'x'.repeat(65), 'a\n', 'a\u0000'])('%p is no product id', (text) => {
  expect(parseProductId(text)).toBeNull();
});

test.each(['__proto__', 'constructor', '.', 'A-1_b.c', 'x'.repeat(64)])('%p is a product id', (text) => {
  expect(parseProductId(text)).toBe(text);
});
