// Cursors are texts from outside: only what a list gave out opens that list again.
import { describe, expect, test } from '@jest/globals';
import { isId, isTime, isUuid, readCursor, writeCursor } from '../../projections/cursor.ts';
import { CursorError } from '../../projections/views.ts';

const shape = [isTime, isId];
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

test('what was written is read back', () => {
  const cursor = writeCursor('orders', [1_767_225_600_000, 'o-1']);
  expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(readCursor('orders', shape, cursor)).toEqual([1_767_225_600_000, 'o-1']);
});

describe('refused', () => {
  const good = writeCursor('orders', [1, 'o-1']);
  const [mark] = JSON.parse(Buffer.from(good, 'base64url').toString()) as unknown[];
  test.each<[string, string]>([
    ['of another list', writeCursor('products', [1, 'o-1'])],
    ['empty', ''],
    ['no base64url', 'a b+c/='],
    ['with something appended', `${good}!`],
    ['cut short', good.slice(0, -4)],
    ['no JSON', Buffer.from('hello').toString('base64url')],
    ['no array', encoded({ mark })],
    ['without a key', encoded([mark])],
    ['with too long a key', encoded([mark, 1, 'o-1', 'more'])],
    ['with text for a time', encoded([mark, '1', 'o-1'])],
    ['with a time that Postgres cannot hold', encoded([mark, 9e15, 'o-1'])],
    ['with a time before all times', encoded([mark, -1, 'o-1'])],
    ['with a fraction', encoded([mark, 1.5, 'o-1'])],
    ['with null', encoded([mark, null, 'o-1'])],
    ['with U+0000', encoded([mark, 1, 'o\u0000'])],
    ['with an object', encoded([mark, 1, { $gt: '' }])],
    ['too long', encoded([mark, 1, 'x'.repeat(1_000)])],
  ])('%s', (_title, text) => {
    expect(() => readCursor('orders', shape, text)).toThrow(CursorError);
  });
});

test('the cursor of dead letters ends with a UUID: nothing else reaches a column of that type', () => {
  expect(isUuid('3f0d1c1e-0000-4000-8000-000000000001')).toBe(true);
  for (const part of ['o-1', '', 7, '3f0d1c1e00004000800000000000000001', '3f0d1c1e-0000-4000-8000-00000000000g']) {
    expect(isUuid(part)).toBe(false);
  }
});
