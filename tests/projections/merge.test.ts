// Merging is an optimisation and must not be seen: merged changes leave the rows that single ones leave.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Cells, Change, Projection, Table } from '../../projections/projection.ts';
import { createMemorySink } from '../../projections/sinks/memory.ts';
import { mergeChanges } from '../../projections/sinks/merge.ts';
import { statementsOf } from '../../projections/sinks/statements.ts';
import { property } from './spec.ts';

const table: Table = {
  name: 'counters',
  doc: 'For these tests.',
  columns: {
    id: { type: 'text', doc: 'Key.' },
    part: { type: 'integer', doc: 'Key.' },
    n: { type: 'bigint', doc: 'A counter.' },
    m: { type: 'bigint', doc: 'Another.' },
    label: { type: 'text', doc: 'Some text.' },
  },
  key: ['id', 'part'],
  indexes: [],
};
const projection: Projection = { name: 'counting', version: 1, tables: [table], project: () => [] };
const key = { id: 'a', part: 1 };
const put = (set: Cells): Change => ({ op: 'put', table: 'counters', key, set });
const add = (n: number): Change => ({ op: 'add', table: 'counters', key, add: { n } });
const insert = (set: Cells): Change => ({ op: 'insert', table: 'counters', key, set });
const remove: Change = { op: 'remove', table: 'counters', key };
const empty = { ...key, n: null, m: null, label: null };

async function rowsAfter(...batches: readonly (readonly Change[])[]): Promise<readonly Cells[]> {
  const sink = createMemorySink(projection);
  let next = 0;
  for (const changes of batches) {
    await sink.apply(changes, new Map([[0, { expected: next, next: next + 1 }]]));
    next++;
  }
  return sink.rows('counters');
}

describe('one row', () => {
  test.each<[string, readonly Change[], readonly Cells[]]>([
    [
      'a later put wins, column by column',
      [put({ n: 1, label: 'x' }), put({ n: 2 })],
      [{ ...empty, n: 2, label: 'x' }],
    ],
    ['an addition to nothing begins at 0', [add(3), add(4)], [{ ...empty, n: 7 }]],
    ['an addition after a put counts on', [put({ n: 10 }), add(-1)], [{ ...empty, n: 9 }]],
    ['a put after an addition replaces it', [add(5), put({ n: 1 })], [{ ...empty, n: 1 }]],
    ['a removed row is gone', [put({ n: 1 }), remove], []],
    [
      'a row that is made again knows nothing of before',
      [put({ n: 1, label: 'x' }), remove, add(2)],
      [{ ...empty, n: 2 }],
    ],
    ['only the first insert counts', [insert({ n: 1 }), insert({ n: 2, m: 2 })], [{ ...empty, n: 1 }]],
    ['an insert after a put changes nothing', [put({ n: 1 }), insert({ m: 2 })], [{ ...empty, n: 1 }]],
    [
      'an insert, then counting',
      [insert({ n: 1, m: 5 }), add(2), put({ label: 'y' })],
      [{ ...key, n: 3, m: 5, label: 'y' }],
    ],
    ['an insert after a removal', [put({ n: 1 }), remove, insert({ m: 2 })], [{ ...empty, m: 2 }]],
  ])('%s', async (_title, changes, rows) => {
    expect(await rowsAfter(changes)).toEqual(rows);
    expect(await rowsAfter(...changes.map((change) => [change]))).toEqual(rows);
  });
});

const keys = fc.record({ id: fc.constantFrom('a', 'b'), part: fc.constantFrom(1, 2) });
const small = fc.integer({ min: -5, max: 5 });
const cells = fc.record({ n: small, m: small, label: fc.constantFrom('x', 'y') }, { requiredKeys: [] });
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ op: fc.constant('put' as const), table: fc.constant('counters'), key: keys, set: cells }),
  fc.record({ op: fc.constant('insert' as const), table: fc.constant('counters'), key: keys, set: cells }),
  fc.record({ op: fc.constant('remove' as const), table: fc.constant('counters'), key: keys }),
  fc.record({
    op: fc.constant('add' as const),
    table: fc.constant('counters'),
    key: keys,
    add: fc.record({ n: small, m: small }, { requiredKeys: [] }),
  }),
);

test('any changes, cut into any batches, leave the same rows', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 6 }), async (batches) => {
      const single = batches.flat().map((one) => [one]);
      expect(await rowsAfter(...batches)).toEqual(await rowsAfter(...single));
    }),
    { ...property, numRuns: 500 },
  );
});

test('a thousand changes of one row and a thousand rows take one statement each', () => {
  const hot = Array.from({ length: 1_000 }, (_, n) => put({ n }));
  const cold = Array.from({ length: 1_000 }, (_, part): Change => ({ ...put({ m: 1 }), key: { id: 'b', part } }));
  const statements = statementsOf('s', mergeChanges([table], [...hot, ...cold]));
  const counts = statements.map(({ values: [json] }) => {
    const rows: unknown = JSON.parse(json);
    return Array.isArray(rows) ? rows.length : null;
  });
  expect(counts).toEqual([1_000, 1]);
});

test.each([
  ['a number that is none', Number.NaN],
  ['an object where there is no JSON', { n: 1 }],
])('%s is no cell', (_, n) => {
  expect(() => statementsOf('s', mergeChanges([table], [put({ n })]))).toThrow('fits');
});
