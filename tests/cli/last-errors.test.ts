// What /health and `ledger status` say went wrong last.
import { expect, test } from '@jest/globals';
import { createLastErrors } from '../../src/cli/last-errors.ts';

test('a role has its own last error, with its time, and none before anything went wrong', () => {
  let now = Date.UTC(2026, 10, 21, 10);
  const errors = createLastErrors(() => now);
  errors.note('writer', new Error('the first'));
  now += 1_500;
  errors.note('writer', new Error('the second'));
  errors.note('projector', 'no words');
  expect(errors.of('writer')).toEqual({ at: '2026-11-21T10:00:01.500Z', message: 'the second' });
  expect(errors.of('projector')).toEqual({ at: '2026-11-21T10:00:01.500Z', message: 'no words' });
  expect(errors.of('api')).toBeNull();
});
