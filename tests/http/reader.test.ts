// Read your writes: how long a read waits, what it says when the wait is over, and whom it asks before it says 404.
import { describe, expect, test } from '@jest/globals';
import type { Views } from '../../projections/views.ts';
import { CursorError } from '../../projections/views.ts';
import { createSeenPositions, createViewWaits } from '../../src/http/positions.ts';
import { createReader } from '../../src/http/reader.ts';
import { LogError } from '../../src/log/port.ts';
import { playedFigures, playedViews } from './support.ts';

interface World {
  /** Next offset that the view has applied. */
  applied: number;
  /** Offset of the row; it is there once applied. */
  readonly rowAt: number | null;
  /** End of the journal, or why it cannot be told. */
  readonly end: number | Error;
  up?: boolean;
}

const row = { product_id: 'a' } as Awaited<ReturnType<Views['product']>>['row'];

function readerOf(world: World, seen = 0) {
  let asked = 0;
  let polls = 0;
  const views: Views = {
    ...playedViews(),
    product: () =>
      Promise.resolve({ row: world.rowAt !== null && world.applied > world.rowAt ? row : null, next: world.applied }),
    progress: () => {
      polls += 1;
      return Promise.resolve(new Map([[0, world.applied]]));
    },
  };
  const reader = createReader({
    figures: playedFigures(),
    client: {
      ready: () => world.up !== false,
      journalEnds: () => {
        asked += 1;
        return typeof world.end === 'number'
          ? Promise.resolve(new Map([[0, { low: 0, high: world.end }]]))
          : Promise.reject(world.end);
      },
    },
    views,
    waits: createViewWaits(views.progress, 1),
    seen: createSeenPositions(new Map([[0, seen]])),
    now: () => performance.now(),
  });
  const read = (options: { atLeast?: number; waitMs?: number } = {}) =>
    reader.product('a', 0, { atLeast: 0, waitMs: 50, ...options });
  return { reader, read, asked: () => asked, polls: () => polls };
}

async function codeOf(read: Promise<unknown>): Promise<unknown> {
  try {
    await read;
    return 'no problem';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}

describe('a read of a row', () => {
  test('that the view shows already waits for nothing and asks nobody', async () => {
    const { read, asked, polls } = readerOf({ applied: 10, rowAt: 5, end: 10 }, 10);
    expect(await read()).toEqual({ row, stale: false });
    expect([asked(), polls()]).toEqual([0, 0]);
  });

  test.each([
    ['this instance has seen', 20, {}],
    ['the caller has seen', 0, { atLeast: 20 }],
  ])('waits until the view shows what %s', async (_, seen, options) => {
    const world: World = { applied: 10, rowAt: 15, end: 20 };
    const { read } = readerOf(world, seen);
    setTimeout(() => (world.applied = 20), 10);
    expect(await read({ ...options, waitMs: 10_000 })).toEqual({ row, stale: false });
  });

  test('is stale where the wait was too short', async () => {
    const { read } = readerOf({ applied: 10, rowAt: 5, end: 20 }, 20);
    expect(await read()).toEqual({ row, stale: true });
    expect(await read({ waitMs: 0 })).toEqual({ row, stale: true });
  });

  test('does not wait while Kafka is away', async () => {
    const { read, polls } = readerOf({ applied: 10, rowAt: 5, end: 20, up: false }, 20);
    expect(await read({ waitMs: 10_000 })).toEqual({ row, stale: true });
    expect(polls()).toBe(0);
  });
});

describe('a read of nothing', () => {
  test('is 404 only where the view is at the end of the journal', async () => {
    const { read, asked } = readerOf({ applied: 10, rowAt: null, end: 10 });
    expect(await read()).toEqual({ row: null, stale: false });
    expect(asked()).toBe(1);
  });

  test('waits for what another instance may have written', async () => {
    const world: World = { applied: 10, rowAt: 15, end: 16 };
    const { read } = readerOf(world);
    setTimeout(() => (world.applied = 16), 10);
    expect(await read({ waitMs: 10_000 })).toEqual({ row, stale: false });
  });

  test.each([
    ['what this instance has seen', 20, {}, 20],
    ['the end of the journal', 0, {}, 20],
    ['a position that the caller made up', 0, { atLeast: 1_000 }, 10],
    ['the end, with no time to wait', 0, { waitMs: 0 }, 20],
  ])('is projection_behind where the view does not reach %s', async (_, seen, options, end) => {
    const { read } = readerOf({ applied: 10, rowAt: null, end }, seen);
    expect(await codeOf(read(options))).toBe('projection_behind');
  });

  test('is dependency_down where the broker cannot say where the journal ends', async () => {
    const { read } = readerOf({ applied: 10, rowAt: null, end: new LogError('unavailable', 'no broker') });
    expect(await codeOf(read())).toBe('dependency_down');
  });

  test('is dependency_down at once while Kafka is away', async () => {
    const { read, asked } = readerOf({ applied: 10, rowAt: null, end: 10, up: false });
    expect([await codeOf(read()), asked()]).toEqual(['dependency_down', 0]);
  });

  test('many at once share the question, but none takes an answer that was asked before it came', async () => {
    const { read, asked } = readerOf({ applied: 10, rowAt: null, end: 10 });
    await Promise.all(Array.from({ length: 100 }, () => read()));
    expect(asked()).toBe(2);
  });
});

test('waits of one projection share one poller', async () => {
  const world: World = { applied: 0, rowAt: 0, end: 5 };
  const { read, polls } = readerOf(world, 5);
  const reads = Promise.all(Array.from({ length: 100 }, () => read({ waitMs: 10_000 })));
  setTimeout(() => (world.applied = 5), 30);
  await reads;
  expect(polls()).toBeLessThan(60);
});

test('nobody polls once the last wait is over, reached or not', async () => {
  const polls = { 'order-state': 0, 'order-history': 0, stock: 0 };
  const waits = createViewWaits((projection) => {
    polls[projection] += 1;
    return Promise.resolve(new Map());
  }, 1);
  expect(await waits.reached('stock', 0, 5, 5)).toBe(false);
  const before = polls.stock;
  // The wait for another projection is the clock by which the first one is watched.
  expect(await waits.reached('order-state', 0, 5, 50)).toBe(false);
  expect(polls['order-state']).toBeGreaterThan(1);
  expect(polls.stock - before).toBeLessThanOrEqual(1);
});

describe('errors of the views', () => {
  const listing = (error: Error) =>
    readerOf({ applied: 0, rowAt: null, end: 0 }).reader.list(() => Promise.reject(error));
  test.each([
    [Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), 'dependency_down'],
    [new Error('Connection terminated unexpectedly'), 'dependency_down'],
    [Object.assign(new Error('the database system is shutting down'), { code: '57P03' }), 'dependency_down'],
    [Object.assign(new Error('column "x" does not exist'), { code: '42703' }), 'internal_error'],
    [new TypeError('x is not a function'), 'internal_error'],
    [new CursorError('foreign'), 'cursor_invalid'],
  ])('%s is %s', async (error, code) => {
    expect(await codeOf(listing(error))).toBe(code);
  });
});
