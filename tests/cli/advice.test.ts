// What a start says about a projection whose definition changed.
import { expect, test } from '@jest/globals';
import { adviceFor } from '../../src/cli/replay/advice.ts';

const generation = { generation: 3, version: 1 };
const projection = { name: 'stock', version: 2 };
const what = 'stock is not projected: generation 3 was built by another definition (version 1, now 2)';

test('it names the replay to run where the journal holds events that the projection looks at', () => {
  expect(adviceFor(generation, projection, 'StockHeld')).toBe(`${what}; run: ledger replay start stock --activate`);
});

test('it recommends no replay where there is nothing to replay', () => {
  const text = adviceFor(generation, projection, null);
  expect(text).toBe(`${what}; the journal has no event that it looks at, so run: ledger prepare`);
  expect(text).not.toContain('replay start');
});
