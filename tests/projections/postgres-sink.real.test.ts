// The sink in Postgres: the specs of the shipped projections, the same rows as in memory, and what a sink promises when
// others are at work or a connection breaks.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Pool } from 'pg';
import type { Change, JournalEvent, Projection } from '../../projections/projection.ts';
import { createMemorySink } from '../../projections/sinks/memory.ts';
import { createPostgresSink } from '../../projections/sinks/postgres.ts';
import { stock } from '../../projections/stock/project.ts';
import { eventually } from '../support/servers.ts';
import type { TestDatabase } from './database.ts';
import { anyChange, counterTable, counting } from './counting.ts';
import { openDatabase, readRows } from './database.ts';
import { accepted, created, createJournal, held, orderId } from './events.ts';
import { openLossyWay } from './lossy-way.ts';
import { describeShipped, shippedSpecs } from './shipped-specs.ts';
import { allRows, deliver, movesFrom, property } from './spec.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openDatabase();
}, 60_000);
afterAll(() => database.close());

const emptied = (projection: Projection) => async () => {
  await database.empty();
  return database.sink(projection);
};
describeShipped(emptied, 3);

describe('equal to memory, row for row', () => {
  test.each(shippedSpecs)('$projection.name', async ({ projection, specs }) => {
    for (const { events } of specs) {
      const sink = await emptied(projection)();
      const memory = createMemorySink(projection);
      await deliver(projection, sink, [events]);
      await deliver(projection, memory, [events]);
      for (const { name } of projection.tables) {
        expect(new Set(await sink.rows(name))).toEqual(new Set(memory.rows(name)));
      }
    }
  });

  test('any changes in any batches, counters and removals among them', async () => {
    await counters(database.pool);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(anyChange, { maxLength: 5 }), { maxLength: 5 }), async (batches) => {
        run += 1;
        await database.pool.query('TRUNCATE counting_1.counters');
        const sink = createPostgresSink(database.pool, { schema: 'counting_1', projection: counting, generation: run });
        const memory = createMemorySink(counting);
        for (const [i, changes] of batches.entries()) {
          const moves = new Map([[0, { expected: i, next: i + 1 }]]);
          expect([await sink.apply(changes, moves), await memory.apply(changes, moves)]).toEqual([
            'applied',
            'applied',
          ]);
        }
        expect(await readRows(database.pool, 'counting_1', counterTable)).toEqual(memory.rows('counters'));
      }),
      { ...property, numRuns: 60 },
    );
  });
});

const changesOf = (projection: Projection, events: readonly JournalEvent[]): readonly Change[] =>
  events.flatMap((event) => projection.project(event));

describe('compare and set', () => {
  test('a checkpoint that is not the one expected: nothing is applied, of no partition', async () => {
    const sink = await emptied(stock)();
    const here = createJournal(0);
    here.command(created('p-1'));
    const there = createJournal(1);
    there.command(created('p-2'));
    await deliver(stock, sink, [here.events]);
    const before = await allRows(stock, sink);

    const moves = new Map([
      [0, { expected: 1, next: 9 }],
      [1, { expected: 0, next: 2 }],
    ]);
    expect(await sink.apply(changesOf(stock, there.events), moves)).toBe('stale');
    expect(await allRows(stock, sink)).toEqual(before);
    expect(await sink.checkpoints()).toEqual(new Map([[0, 2]]));
  });

  test('a partition without a checkpoint stands at 0, not anywhere else', async () => {
    const sink = await emptied(stock)();
    expect(await sink.checkpoints()).toEqual(new Map());
    expect(await sink.apply([], new Map([[3, { expected: 5, next: 6 }]]))).toBe('stale');
    expect(await sink.apply([], new Map([[3, { expected: 0, next: 6 }]]))).toBe('applied');
    expect(await sink.checkpoints()).toEqual(new Map([[3, 6]]));
  });

  test('two sinks that race over the same journal apply each event once', async () => {
    await emptied(stock)();
    const journals = [0, 1, 2].map((partition) => {
      const journal = createJournal(partition);
      journal.command(created(`p-${partition}`, { stock: 1_000 }));
      for (let n = 1; n <= 30; n++) journal.command(held(`p-${partition}`, orderId(n), 1, [1_000, n]));
      return journal;
    });
    const racers = await Promise.all([1, 2, 3].map(() => database.sink(stock, database.anotherPool())));
    const outcomes = await Promise.all(
      racers.map(async (sink, i) => {
        const said: string[] = [];
        for (let round = 0; round < 200; round++) {
          const checkpoints = await sink.checkpoints();
          const batch = journals.flatMap(({ partition, events }) =>
            events.slice(checkpoints.get(partition) ?? 0).slice(0, 2 + i),
          );
          if (batch.length === 0) break;
          said.push(await sink.apply(changesOf(stock, batch), movesFrom(checkpoints, batch)));
        }
        return said;
      }),
    );
    const alone = createMemorySink(stock);
    await deliver(stock, alone, [journals.flatMap(({ events }) => events)]);
    const sink = await database.sink(stock);
    expect(await sink.checkpoints()).toEqual(await alone.checkpoints());
    expect(new Set(await sink.rows('stock_movements'))).toEqual(new Set(alone.rows('stock_movements')));
    expect(new Set(await sink.rows('products'))).toEqual(new Set(alone.rows('products')));
    // Without a race the test would prove nothing.
    expect(outcomes.flat()).toContain('stale');
  }, 60_000);
});

describe('a connection that breaks', () => {
  const journal = createJournal(0);
  journal.command(created('p-1'));
  journal.command(held('p-1', orderId(1), 1, [10, 1]), accepted(orderId(1)));
  const { events } = journal;

  test('before the commit: nothing is applied, and the next try succeeds', async () => {
    const sink = await emptied(stock)();
    await lockProducts(database, async (release) => {
      const applying = sink.apply(changesOf(stock, events), movesFrom(new Map(), events));
      const failed = expect(applying).rejects.toThrow();
      await endBackend(database, "wait_event_type = 'Lock'");
      await failed;
      await release();
    });
    expect(await sink.checkpoints()).toEqual(new Map());
    expect(await sink.rows('products')).toEqual([]);
    expect(await deliver(stock, sink, [events])).toEqual(['applied']);
  });

  test('the reply to the commit is lost: the checkpoint tells that it happened, and twice is once', async () => {
    await emptied(stock)();
    const lossy = await openLossyWay(database.url);
    const pool = database.anotherPool(lossy.url);
    const sink = await database.sink(stock, pool);
    lossy.loseReplyTo('COMMIT');
    await expect(sink.apply(changesOf(stock, events), movesFrom(new Map(), events))).rejects.toThrow();
    expect(lossy.lost()).toBe(1);
    await eventually(async () => (await sink.checkpoints()).get(0) === events.length, { withinMs: 5_000 });
    const rows = await allRows(stock, sink);
    expect(rows['products']).toHaveLength(1);
    expect(await sink.apply(changesOf(stock, events), movesFrom(new Map(), events))).toBe('stale');
    expect(await allRows(stock, sink)).toEqual(rows);
    await lossy.close();
  });
});

/** Keeps the table of products locked while `work` runs, until it releases it. */
async function lockProducts(on: TestDatabase, work: (release: () => Promise<void>) => Promise<void>): Promise<void> {
  const client = await on.pool.connect();
  try {
    await client.query('BEGIN; LOCK TABLE stock_1.products IN ACCESS EXCLUSIVE MODE');
    await work(async () => {
      await client.query('ROLLBACK');
    });
  } finally {
    client.release(true);
  }
}

/** Ends the one other backend of the database for which the condition holds, as soon as it holds. */
async function endBackend(on: TestDatabase, condition: string): Promise<void> {
  const statement = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active' AND ${condition}`;
  await eventually(async () => (await on.pool.query(statement)).rowCount === 1, { withinMs: 5_000, what: condition });
}

async function counters(pool: Pool): Promise<void> {
  const columns =
    'id text COLLATE "C" PRIMARY KEY, n bigint, m integer, flag boolean, at timestamptz, doc jsonb, label text';
  await pool.query(`CREATE SCHEMA counting_1; CREATE TABLE counting_1.counters (${columns})`);
}
