// The projector over the log in memory and real Postgres: rows are the fold of what counts, whatever happens on the way.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { orderState } from '../../projections/order-state/project.ts';
import { shipped } from '../../projections/registry.ts';
import { stock } from '../../projections/stock/project.ts';
import { eventually } from '../support/servers.ts';
import type { TestDatabase } from './database.ts';
import { openDatabase } from './database.ts';
import { openLossyWay } from './lossy-way.ts';
import type { World } from './projector-world.ts';
import {
  bounce,
  caughtUp,
  createWorld,
  decode,
  expectRowsOfTheFold,
  journalTopic,
  statusWhere,
  trade,
  withLock,
} from './projector-world.ts';

let database: TestDatabase;
let world: World;
beforeEach(async () => {
  database = await openDatabase();
  world = createWorld(database, true);
}, 60_000);
afterEach(async () => {
  await world.stopAll();
  await database.close();
}, 60_000);

const stockCheckpoints = async () => (await database.sink(stock)).checkpoints();

const nextOf = (end: number) => Object.fromEntries(shipped.map(({ projection }) => [projection.name, end]));

describe('catching up', () => {
  test('the rows are the fold of what counts; checkpoints pass over void records and holes', async () => {
    trade(world.journals, 1, 40);
    const voids = world.publish();
    const projector = await world.start();
    await caughtUp(database, world);
    await expectRowsOfTheFold(database, world);
    const { partitions, trouble, refused } = projector.status();
    expect({ trouble, refused }).toEqual({ trouble: null, refused: [] });
    const ends = await world.ends();
    expect(
      partitions.map(({ partition, state, next, queued, error }) => ({ partition, state, next, queued, error })),
    ).toEqual(
      [...ends].map(([partition, end]) => {
        return { partition, state: 'running', next: nextOf(end), queued: 0, error: null };
      }),
    );
    expect(voids).toBeGreaterThan(0);
    expect(partitions.reduce((sum, one) => sum + one.voids, 0)).toBe(voids);
  });

  test('what is appended later follows, also a void record at the end; group offsets say how far it is', async () => {
    await world.start();
    trade(world.journals, 1, 5);
    world.publish();
    await caughtUp(database, world);
    trade(world.journals, 100, 5);
    world.publish();
    world.inject(0, { value: null, headers: {} });
    await caughtUp(database, world);
    await expectRowsOfTheFold(database, world);
    const ends = await world.ends();
    const committed = () => world.log.committed('test.projector', journalTopic);
    await eventually(
      async () => {
        expect(await committed()).toEqual(ends);
        return true;
      },
      { withinMs: 5_000, what: 'the group offsets are at the ends' },
    );
  }, 20_000);

  test('a second start goes on from the checkpoints, whatever the group says', async () => {
    trade(world.journals, 1, 20);
    world.publish();
    const first = await world.start();
    await caughtUp(database, world);
    await first.stop();
    trade(world.journals, 100, 20);
    world.publish();
    let read = 0;
    const counting = (_p: number, record: Parameters<typeof decode>[0]) => {
      read += 1;
      return decode(record);
    };
    const before = await stockCheckpoints();
    await world.start({ decode: counting, group: 'another.group' });
    await caughtUp(database, world);
    await expectRowsOfTheFold(database, world);
    const counted = [...(await world.ends())].reduce((sum, [p, end]) => sum + end - (before.get(p) ?? 0), 0);
    expect(read).toBeLessThanOrEqual(counted);
  });

  test('each projection applies only what lies behind its own checkpoint', async () => {
    trade(world.journals, 1, 20);
    world.publish();
    const first = await world.start();
    await caughtUp(database, world);
    await first.stop();
    await database.pool.query('TRUNCATE stock_1.products, stock_1.stock_movements');
    await database.pool.query("DELETE FROM ledger.checkpoints WHERE projection = 'stock'");
    // Order rows that a second application would bring back.
    await database.pool.query("UPDATE order_state_1.orders SET customer_id = 'kept'");
    trade(world.journals, 100, 2);
    world.publish();
    // Large enough that old and new events come in one batch.
    await world.start({
      config: {
        projectorBatchMax: 10_000,
        projectorQueueMax: 10_000,
        followRestMs: 0,
        retiredFollowS: 3_600,
        generationsPollMs: 100,
      },
    });
    await caughtUp(database, world);
    const orders = await (await database.sink(orderState)).rows('orders');
    const kept = orders.filter(({ customer_id }) => customer_id === 'kept');
    expect([kept.length, orders.length - kept.length]).toEqual([3 * 20, 3 * 2]);
    expect((await (await database.sink(stock)).rows('products')).length).toBe(3 * 2);
  });
});

describe('others at work', () => {
  test('three projectors in a group that is thrown about apply everything once', async () => {
    const clients = [1, 2, 3].map(() => world.log.client());
    for (const log of clients) {
      await world.start({
        log,
        pool: database.anotherPool(),
        config: {
          projectorBatchMax: 7,
          projectorQueueMax: 50,
          followRestMs: 0,
          retiredFollowS: 3_600,
          generationsPollMs: 100,
        },
      });
    }
    const working = (async () => {
      for (let round = 0; round < 10; round++) {
        trade(world.journals, 1 + round * 100, 15);
        world.publish();
        await caughtUp(database, world, 20_000);
      }
    })();
    const [first] = clients;
    if (first === undefined) throw new Error('there are three');
    await bounce(first, working);
    await expectRowsOfTheFold(database, world);
  }, 60_000);

  test('two projectors that both believe to own every partition apply everything once', async () => {
    trade(world.journals, 1, 60);
    const config = {
      projectorBatchMax: 5,
      projectorQueueMax: 1_000,
      followRestMs: 0,
      retiredFollowS: 3_600,
      generationsPollMs: 100,
    };
    // Groups of their own: as a zombie that has not heard of the rebalance.
    await world.start({ group: 'one', config, pool: database.anotherPool() });
    await world.start({ group: 'two', config, pool: database.anotherPool() });
    world.publish();
    await caughtUp(database, world, 20_000);
    await expectRowsOfTheFold(database, world);
  }, 60_000);
});

describe('Postgres', () => {
  test('away in mid-work: said, waited for, and nothing is lost or applied twice', async () => {
    const way = await openLossyWay(database.url);
    const projector = await world.start({ pool: database.anotherPool(way.url) });
    trade(world.journals, 1, 20);
    world.publish();
    await caughtUp(database, world);
    way.cut();
    trade(world.journals, 100, 20);
    world.publish();
    await statusWhere(projector, ({ trouble }) => (trouble?.times ?? 0) >= 2, 'trouble is said');
    way.mend();
    await caughtUp(database, world);
    expect((await statusWhere(projector, ({ trouble }) => trouble === null, 'trouble is over')).trouble).toBeNull();
    for (let n = 0; n < 5; n++) {
      way.loseReplyTo('COMMIT');
      trade(world.journals, 1_000 + n * 100, 10);
      world.publish();
      await caughtUp(database, world);
    }
    expect(way.lost()).toBe(5);
    await expectRowsOfTheFold(database, world);
    await way.close();
  }, 60_000);

  test('away at the start: the projector waits for it', async () => {
    const way = await openLossyWay(database.url);
    way.cut();
    trade(world.journals, 1, 5);
    world.publish();
    const projector = await world.start({ pool: database.anotherPool(way.url) });
    await statusWhere(projector, ({ trouble }) => trouble !== null, 'trouble is said');
    way.mend();
    await caughtUp(database, world);
    await expectRowsOfTheFold(database, world);
    expect(projector.status().trouble).toBeNull();
    await way.close();
  }, 60_000);

  test('slow: no more waits than the limit and one delivery, and it goes on afterwards', async () => {
    world = createWorld(database, false);
    const config = {
      projectorBatchMax: 20,
      projectorQueueMax: 100,
      followRestMs: 0,
      retiredFollowS: 3_600,
      generationsPollMs: 100,
    };
    const projector = await world.start({ config });
    await withLock(database.pool, async () => {
      trade(world.journals, 1, 400);
      world.publish();
      const full = ({ partitions }: ReturnType<typeof projector.status>) =>
        partitions.length === 3 && partitions.every(({ queued }) => queued >= 100);
      await statusWhere(projector, full, 'all queues are full');
      // Turns enough for the log in memory to hand over everything; it gives 500 records at once.
      for (let turn = 0; turn < 500; turn++) await new Promise((resolve) => setImmediate(resolve));
      for (const { queued } of projector.status().partitions) expect(queued).toBeLessThanOrEqual(100 + 500);
      const ends = await world.ends();
      expect(Math.min(...ends.values())).toBeGreaterThan(900);
    });
    await caughtUp(database, world, 30_000);
    await expectRowsOfTheFold(database, world);
  }, 60_000);

  test('stopping while it is away takes no longer than the step in hand', async () => {
    const way = await openLossyWay(database.url);
    const projector = await world.start({ pool: database.anotherPool(way.url) });
    trade(world.journals, 1, 5);
    world.publish();
    await caughtUp(database, world);
    way.cut();
    trade(world.journals, 100, 5);
    world.publish();
    await statusWhere(projector, ({ trouble }) => trouble !== null, 'trouble is said');
    const asked = performance.now();
    await projector.stop();
    expect(performance.now() - asked).toBeLessThan(2_000);
    await way.close();
  }, 60_000);
});
