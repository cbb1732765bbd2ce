// The work of a replay over the log in memory: what counts is projected once, in pieces as in one go, up to a moment, and
// what cannot be read or does not follow stops it with its offset.
import { describe, expect, test } from '@jest/globals';
import type { Checkpoints, Projection, Sink } from '../../projections/projection.ts';
import { orderState } from '../../projections/order-state/project.ts';
import { createMemorySink } from '../../projections/sinks/memory.ts';
import type { MemorySink } from '../../projections/sinks/memory.ts';
import { stock } from '../../projections/stock/project.ts';
import type { RunOptions } from '../../consumers/replay/run.ts';
import { runReplay } from '../../consumers/replay/run.ts';
import { createTally } from '../../consumers/replay/tally.ts';
import { positionHeader } from '../../src/log/journal.ts';
import type { MemoryLog } from '../../src/log/memory/memory-log.ts';
import { createMemoryLog } from '../../src/log/memory/memory-log.ts';
import type { Pace } from '../../src/log/port.ts';
import { realPace } from '../../src/platform/pace.ts';
import { accepted, cancelled, created, createJournal, held, orderId, timeOf } from '../projections/events.ts';
import { decode, recordOf } from '../projections/projector-world.ts';

const topic = 'journal';
const orders = 12;

/** A product, and orders of it; between their events lie records that count for nothing. */
function history(): { readonly log: MemoryLog; readonly end: number } {
  const log = createMemoryLog({ topics: { [topic]: 1 } });
  const journal = createJournal(0);
  journal.command(created('tea'));
  for (let n = 0; n < orders; n++) journal.command(held('tea', orderId(n), 1, [100, n + 1]), accepted(orderId(n)));
  let end = 0;
  for (const [i, event] of journal.events.entries()) {
    if (i % 5 === 3) {
      log.inject(topic, 0, [recordOf(event, end + 7)]);
      end += 1;
    }
    log.inject(topic, 0, [recordOf(event, end)]);
    end += 1;
  }
  return { log, end };
}

interface Wish extends Partial<Omit<RunOptions, 'sink' | 'selection'>> {
  readonly selection?: Partial<RunOptions['selection']>;
}

async function run(log: MemoryLog, sink: Sink, end: number, wish: Wish = {}, signal = new AbortController().signal) {
  const tally = createTally();
  const ranges = await runReplay(
    {
      log,
      topic,
      reading: { event: (_partition, record) => decode(record), head: () => null },
      projection: orderState,
      sink,
      ranges: [{ partition: 0, from: 0, to: end }],
      rate: 0,
      changesMax: 5,
      pace: realPace,
      trouble: () => undefined,
      progress: () => undefined,
      tally,
      ...wish,
      selection: { untilMs: null, types: null, product: null, ...wish.selection },
    },
    signal,
  );
  return { ranges, tally };
}

const rowsOf = (sink: MemorySink, projection: Projection) => projection.tables.map(({ name }) => sink.rows(name));

async function whole(projection: Projection): Promise<ReturnType<typeof rowsOf>> {
  const { log, end } = history();
  const sink = createMemorySink(projection);
  await run(log, sink, end, { projection });
  return rowsOf(sink, projection);
}

describe.each([[orderState.name, orderState] as const, [stock.name, stock] as const])('%s', (_name, projection) => {
  test('is the same in pieces, with a sink that loses every other answer, and gone on with after an end', async () => {
    const { log, end } = history();
    const sink = createMemorySink(projection);
    let calls = 0;
    const lossy: Sink = {
      checkpoints: () => sink.checkpoints(),
      apply: async (changes, moves) => {
        const outcome = await sink.apply(changes, moves);
        if ((calls += 1) % 2 === 1) throw Object.assign(new Error('connection lost'), { code: '08006' });
        return outcome;
      },
    };
    const pace: Pace = { ...realPace, sleep: () => Promise.resolve() };
    await run(log, lossy, Math.floor(end / 2), { projection, pace, changesMax: 1 });
    const { tally } = await run(log, lossy, end, { projection, pace, changesMax: 3 });
    expect(rowsOf(sink, projection)).toEqual(await whole(projection));
    // What stood already was read again, to be counted.
    expect(tally.events() + tally.voids).toBe(end);
    expect(tally.counts()).toMatchObject({ LedgerOpened: 1, OrderAccepted: orders, StockHeld: orders });
  });
});

test('it ends before the first event that is too late, and says where', async () => {
  const { log, end } = history();
  const sink = createMemorySink(orderState);
  // Genesis comes first, then the product at the time of command 0, then an order a second.
  const { ranges, tally } = await run(log, sink, end, { selection: { untilMs: timeOf(4) } });
  expect(sink.rows('orders')).toHaveLength(4);
  expect(tally.counts()['OrderAccepted']).toBe(4);
  expect(ranges[0]?.to).toBeLessThan(end);
  const again = createMemorySink(orderState);
  await run(log, again, ranges[0]?.to ?? 0);
  expect(rowsOf(again, orderState)).toEqual(rowsOf(sink, orderState));
});

test('only the types, and only the product, that were asked for', async () => {
  const { log, end } = history();
  const none = createMemorySink(orderState);
  const { tally } = await run(log, none, end, { selection: { types: ['StockHeld'] } });
  expect([none.rows('orders').length, tally.counts()['OrderAccepted']]).toEqual([0, orders]);
  const other = createMemorySink(stock);
  await run(log, other, end, { projection: stock, selection: { product: 'coffee' } });
  expect(other.rows('products')).toHaveLength(0);
});

test('an event that cannot be read stops it with its offset, and nothing behind it was applied', async () => {
  const { log, end } = history();
  const bad = Buffer.alloc(8);
  bad.writeUInt32BE(end, 4);
  log.inject(topic, 0, [{ value: Buffer.from('no event'), headers: { [positionHeader]: bad } }]);
  const sink = createMemorySink(orderState);
  await expect(run(log, sink, end + 1)).rejects.toThrow(/JSON/);
  expect((await sink.checkpoints()).get(0) ?? 0).toBeLessThanOrEqual(end);
});

test('a projection that rejects a fact is told apart by the offset of that fact', async () => {
  const { log, end } = history();
  const projection: Projection = {
    ...orderState,
    project: (event) => {
      if (event.type === 'OrderAccepted') throw new Error('no');
      return [];
    },
  };
  const failed = run(log, createMemorySink(orderState), end, { projection });
  await expect(failed).rejects.toMatchObject({
    code: 'undecodable',
    message: /cannot project the OrderAccepted at offset \d+: no/,
  });
});

test('history that is missing is an alarm', async () => {
  const { log, end } = history();
  const event = createJournal(0).command(accepted(orderId(1)))[0];
  if (event === undefined) throw new Error('there is no event');
  log.inject(topic, 0, [recordOf(event, end)]);
  await expect(run(log, createMemorySink(orderState), end + 1)).rejects.toMatchObject({ code: 'journal_broken' });
});

test('whoever moved the checkpoints works on it too: it ends', async () => {
  const { log, end } = history();
  const sink = createMemorySink(orderState);
  const shared: Sink = {
    checkpoints: (): Promise<Checkpoints> => sink.checkpoints(),
    apply: () => Promise.resolve('stale'),
  };
  await expect(run(log, shared, end)).rejects.toThrow('another process works on this replay');
});

test('of one product: the whole life of its orders, also of types that name no product, in one go as in pieces', async () => {
  const log = createMemoryLog({ topics: { [topic]: 1 } });
  const journal = createJournal(0);
  const lines = (product: string) => ({ lines: [[product, 1]] as [string, number][] });
  journal.command(accepted(orderId(1), lines('tea')));
  journal.command(accepted(orderId(2), lines('milk')));
  journal.command(cancelled(orderId(2)));
  const half = journal.events.length;
  journal.command(cancelled(orderId(1)));
  for (const event of journal.events) log.inject(topic, 0, [recordOf(event, event.offset)]);
  const end = journal.events.length;
  const selection = { product: 'tea' };
  const statuses = (sink: MemorySink) => sink.rows('orders').map((row) => [row['order_id'], row['status']]);

  const sink = createMemorySink(orderState);
  await run(log, sink, half, { selection });
  expect(statuses(sink)).toEqual([[orderId(1), 'PENDING']]);
  await run(log, sink, end, { selection });
  expect(statuses(sink)).toEqual([[orderId(1), 'CANCELLED']]);
  const only: string[] = [];
  const looking: Projection = { ...orderState, project: (event) => (only.push(event.type), []) };
  const chosen = { product: 'tea', types: ['OrderCancelled'] };
  await run(log, createMemorySink(orderState), end, { projection: looking, selection: chosen });
  expect(only).toEqual(['OrderCancelled']);
});
