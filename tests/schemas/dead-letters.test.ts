// What becomes of a dead letter with each record of its topic.
import { expect, test } from '@jest/globals';
import type { LetterRecord } from '../../schemas/dead-letters.ts';
import { decodeLetter, encodeLetter, letterAfter } from '../../schemas/dead-letters.ts';

const base = {
  dead_letter_id: '11111111-1111-8111-8111-111111111111',
  consumer: 'payments',
  order_id: '0002d88b-0252-86cf-8290-560cbac41c50',
  partition: 2,
};
const job = {
  customer_id: 'ada',
  total: { amount: 1999, currency: 'USD' },
  priority: 'normal',
  correlation_id: 'trace',
} as const;
const parked: LetterRecord = { kind: 'parked', ...base, offset: 7, attempts: 4, first_at: 10, error: 'no', job };
const wish = (kind: 'retry' | 'discard'): LetterRecord => ({ kind, ...base, actor: 'key:a', reason: 'because' });
const settled = (outcome: 'resolved' | 'discarded'): LetterRecord => ({ kind: 'settled', ...base, outcome });

function statusAfter(...records: readonly LetterRecord[]): string | undefined {
  let letter: ReturnType<typeof letterAfter> = null;
  records.forEach((record, i) => {
    letter = letterAfter(letter, record, 100 + i);
  });
  return (letter as { status: string } | null)?.status;
}

test.each([
  ['parked', [parked]],
  ['retrying', [parked, wish('retry')]],
  ['discarding', [parked, wish('discard')]],
  ['parked', [parked, wish('retry'), parked]],
  ['resolved', [parked, wish('retry'), settled('resolved')]],
  ['discarded', [parked, wish('discard'), settled('discarded')]],
  ['retrying', [parked, wish('retry'), wish('discard')]],
  ['resolved', [parked, wish('retry'), settled('resolved'), wish('discard')]],
  [undefined, [wish('retry')]],
  [undefined, [settled('resolved')]],
] as const)('it is %s', (status, records) => {
  expect(statusAfter(...records)).toBe(status);
});

test('parked again it keeps when it first failed, and why somebody tried', () => {
  const first = letterAfter(null, parked, 100);
  const again = letterAfter(letterAfter(first, wish('retry'), 150), { ...parked, first_at: 180, attempts: 8 }, 200);
  expect(again).toMatchObject({ first_at: 10, last_at: 200, attempts: 8, status: 'parked', reason: 'because' });
});

test('records come back as they were written, and other bytes are none', () => {
  for (const record of [parked, wish('retry'), settled('discarded')]) {
    expect(decodeLetter(encodeLetter(record).value)).toEqual(record);
  }
  expect(decodeLetter(null)).toBeNull();
  expect(decodeLetter(Buffer.from([0, 0, 0, 0, 7, 1]))).toBeNull();
  expect(decodeLetter(Buffer.from('{"kind":"parked"}'))).toBeNull();
});
