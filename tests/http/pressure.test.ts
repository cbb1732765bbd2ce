// Requests that lie behind a long turn of the event loop are refused; the next turn begins anew.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createPressure } from '../../src/http/pressure.ts';

test('in one turn requests are taken in for so long, and in the next one again', async () => {
  let now = 1_000;
  const check = createPressure(500, () => now);
  const arrives = (at: number): (() => void) => {
    now = at;
    return check;
  };
  expect(arrives(1_000)).not.toThrow();
  expect(arrives(1_500)).not.toThrow();
  expect(arrives(1_501)).toThrow(expect.objectContaining({ code: 'overloaded' }));
  await nextTurn();
  expect(arrives(9_000)).not.toThrow();
  expect(arrives(9_501)).toThrow(expect.objectContaining({ code: 'overloaded' }));
});
