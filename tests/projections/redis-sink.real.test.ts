// The sink in Redis: the specs of the shipped projections, the same rows as in memory, sorted sets that say what the
// rows say, and the compare-and-set of checkpoints.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Projection, Table } from '../../projections/projection.ts';
import { createMemorySink } from '../../projections/sinks/memory.ts';
import { redisKeys } from '../../projections/sinks/redis.ts';
import { anyChange, counting } from './counting.ts';
import type { TestRedis } from './redis.ts';
import { openRedis } from './redis.ts';
import { describeShipped } from './shipped-specs.ts';
import { inOrderOfKey, property } from './spec.ts';

let redis: TestRedis;
beforeAll(() => {
  redis = openRedis();
});
afterAll(() => redis.close());

describeShipped((projection) => () => Promise.resolve(redis.sink(projection)), 3);

const ranked: Table = {
  ...counting.tables[0],
  rankings: [{ by: 'm', within: [], member: 'id' }],
} as Table;
const rankedCounting: Projection = { ...counting, tables: [ranked] };

test('any changes in any batches leave the rows that memory has, and sorted sets that say the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(anyChange, { maxLength: 5 }), { maxLength: 5 }), async (batches) => {
      const sink = redis.sink(rankedCounting);
      const memory = createMemorySink(rankedCounting);
      for (const [i, changes] of batches.entries()) {
        const moves = new Map([[0, { expected: i, next: i + 1 }]]);
        expect(await sink.apply(changes, moves)).toBe('applied');
        await memory.apply(changes, moves);
      }
      const rows = memory.rows('counters');
      expect(await sink.rows('counters')).toEqual(inOrderOfKey(rankedCounting, 'counters', rows));
      const { rankings } = await sink.content();
      const expected = rows
        .flatMap(({ id, m }) => (typeof m === 'number' && typeof id === 'string' ? [[id, m] as const] : []))
        .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
      expect(
        rankings.get(redisKeys(sink.base).ranking(ranked, { by: 'm', within: [], member: 'id' }, {})) ?? [],
      ).toEqual(expected);
    }),
    { ...property, numRuns: 60 },
  );
});

describe('compare and set', () => {
  const add = (n: number) => ({ op: 'add', table: 'counters', key: { id: 'a' }, add: { m: n } }) as const;

  test('a checkpoint that is not the one expected: nothing is applied, of no partition', async () => {
    const sink = redis.sink(rankedCounting);
    expect(await sink.apply([add(1)], new Map([[0, { expected: 0, next: 5 }]]))).toBe('applied');
    const before = await sink.content();
    const moves = new Map([
      [0, { expected: 5, next: 6 }],
      [1, { expected: 3, next: 4 }],
    ]);
    expect(await sink.apply([add(1)], moves)).toBe('stale');
    expect(await sink.apply([add(1)], new Map([[0, { expected: 0, next: 5 }]]))).toBe('stale');
    expect(await sink.content()).toEqual(before);
    expect(await sink.checkpoints()).toEqual(new Map([[0, 5]]));
  });

  test('sums are exact up to 2^53, in the rows and in the sorted sets', async () => {
    const sink = redis.sink(rankedCounting);
    const most = Number.MAX_SAFE_INTEGER;
    for (const [i, n] of [most - 3, 1, 1, 1].entries()) {
      expect(await sink.apply([add(n)], new Map([[0, { expected: i, next: i + 1 }]]))).toBe('applied');
    }
    const { tables, rankings } = await sink.content();
    expect(tables.get('counters')).toEqual([expect.objectContaining({ id: 'a', m: most })]);
    expect([...rankings.values()]).toEqual([[['a', most]]]);
  });

  test('what cannot be applied whole takes the checkpoints away, so that it is noticed', async () => {
    const sink = redis.sink(rankedCounting);
    expect(await sink.apply([add(1)], new Map([[0, { expected: 0, next: 1 }]]))).toBe('applied');
    await redis.redis.hset(redisKeys(sink.base).rows(ranked), 'a\u0000m', 'no number');
    await expect(sink.apply([add(1)], new Map([[0, { expected: 1, next: 2 }]]))).rejects.toThrow('not an integer');
    expect((await sink.content()).checkpoints).toBeNull();
  });
});
