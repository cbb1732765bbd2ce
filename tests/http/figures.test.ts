// Sums, ranks and levels over HTTP: what is asked of the views, how answers are dated and tagged, what is refused.
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import type { Figures, InventoryView, RankedCustomer } from '../../projections/views.ts';
import { NotReadyError } from '../../projections/views.ts';
import { createApps, getAsService as get } from './apps.ts';
import type { Body, Given } from './support.ts';
import { appOf, brokerTime, playedClient, playedFigures, playedViews } from './support.ts';

const apps = createApps();
afterEach(() => apps.close());

let plain: Promise<FastifyInstance> | null = null;
afterAll(async () => (await plain)?.close());

/** An app over what the test gives; nothing is played by one that all tests share. */
async function given(what: Given): Promise<FastifyInstance> {
  if (Object.keys(what).length === 0) return (plain ??= appOf());
  return apps.given(what);
}

const now = new Date(brokerTime).toISOString();
const usd = (amount: number) => ({ amount, currency: 'USD' });
const ann: RankedCustomer = { rank: 1, customer_id: 'ann', name: 'Ann', order_count: 2, total: usd(50) };

/** Figures that note what they were asked. */
function asked(members: (note: (...what: readonly unknown[]) => void) => Partial<Figures>) {
  const notes: unknown[] = [];
  return { notes, figures: playedFigures(members((...what) => notes.push(what))) };
}

const readRoutes = [
  '/v1/kpis/daily',
  '/v1/kpis/range?start=2026-01-01&end=2026-01-31',
  '/v1/kpis/realtime',
  '/v1/orders/statistics',
  '/v1/orders/stats',
  '/v1/inventory/summary',
  '/v1/leaderboards/customers',
  '/v1/leaderboards/products',
];

describe('every answer of figures', () => {
  test.each(readRoutes)('%s is dated and tagged; 304 where nothing changed', async (url) => {
    const app = await given({});
    const answer = await get(app, url);
    expect(answer.statusCode).toBe(200);
    expect(answer.json<Body & { as_of: string }>().as_of).toBe(now);
    const tag = String(answer.headers.etag);
    expect(tag).toMatch(/^W\/"[\w-]{22}"$/);
    const again = await get(app, url, { 'if-none-match': tag });
    expect([again.statusCode, again.payload, again.headers.etag]).toEqual([304, '', tag]);
    expect((await get(app, url, { 'if-none-match': '"other"' })).statusCode).toBe(200);
  });

  test('has the same tag at another moment, and another with other figures', async () => {
    const tags: unknown[] = [];
    for (const [pending, as_of] of [
      [1, 5],
      [1, 9],
      [2, 9],
    ] as const) {
      const figures = { pending, processing: 0, completed_today: 0, failed_today: 0, revenue_today: [], as_of };
      const app = await given({ figures: playedFigures({ realtime: () => Promise.resolve(figures) }) });
      tags.push((await get(app, '/v1/kpis/realtime')).headers.etag);
    }
    expect(tags[0]).toBe(tags[1]);
    expect(tags[0]).not.toBe(tags[2]);
  });

  test.each(readRoutes)('%s says where Kafka is away that it may be old', async (url) => {
    const client = playedClient();
    client.up = false;
    expect((await get(await given({ client }), url)).headers['ledger-stale']).toBe('true');
  });

  test.each([...readRoutes, '/v1/inventory', '/v1/inventory/low-stock', '/v1/inventory/transactions'])(
    '%s needs a credential, and takes no parameter that it does not know',
    async (url) => {
      const app = await given({});
      expect((await app.inject({ url })).statusCode).toBe(401);
      const answer = await get(app, `${url}${url.includes('?') ? '&' : '?'}colour=red`);
      expect([answer.statusCode, answer.json<Body>().code]).toEqual([422, 'validation_failed']);
    },
  );

  test.each([
    ['Postgres or Redis is away', new Error('Connection is closed.'), 'dependency_down'],
    ['a pipe broke', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }), 'dependency_down'],
    ['Redis is being built anew', new NotReadyError('not yet'), 'projection_behind'],
    ['a statement is wrong', Object.assign(new Error('syntax'), { code: '42601' }), 'internal_error'],
  ])('%s: the problem says so', async (_, error, code) => {
    const app = await given({ figures: playedFigures({ customers: () => Promise.reject(error) }) });
    const answer = await get(app, '/v1/leaderboards/customers');
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([code === 'internal_error' ? 500 : 503, code]);
    expect(answer.headers['retry-after'] === undefined).toBe(code === 'internal_error');
  });
});

describe('days', () => {
  test('are the one asked for, or today by the broker', async () => {
    const { notes, figures } = asked((note) => ({ day: (date) => (note(date), playedFigures().day(date)) }));
    const app = await given({ figures });
    expect((await get(app, '/v1/kpis/daily?date=2024-02-29')).json()).toMatchObject({ date: '2024-02-29', orders: 0 });
    await get(app, '/v1/kpis/daily');
    expect(notes).toEqual([['2024-02-29'], [now.slice(0, 10)]]);
  });

  test.each([
    '/v1/kpis/daily?date=2026-02-29',
    '/v1/kpis/daily?date=2026-1-1',
    '/v1/kpis/daily?date=today',
    '/v1/kpis/range?start=2026-01-01',
    '/v1/kpis/range?start=2026-01-02&end=2026-01-01',
    '/v1/kpis/range?start=2026-01-01&end=2027-01-02',
  ])('%s is refused', async (url) => {
    const answer = await get(await given({}), url);
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([422, 'validation_failed']);
  });

  test('as many as the setting allows', async () => {
    const app = await given({ env: { LEDGER_FIGURES_DAYS_MAX: '2' } });
    expect((await get(app, '/v1/kpis/range?start=2026-01-31&end=2026-02-01')).statusCode).toBe(200);
    const answer = await get(app, '/v1/kpis/range?start=2026-01-31&end=2026-02-02');
    expect(answer.json<Body>().errors).toEqual([{ detail: 'is more than 2 days from start', pointer: '#/query/end' }]);
  });
});

test('each day of a range is dated as a day alone is', async () => {
  const range: Figures['range'] = async (start) => {
    const { as_of, ...day } = await playedFigures().day(start);
    return { days: [day], totals: day, as_of };
  };
  const app = await given({ figures: playedFigures({ range }) });
  const alone = (await get(app, '/v1/kpis/daily?date=2026-01-01')).json<Body>();
  const body = (await get(app, '/v1/kpis/range?start=2026-01-01&end=2026-01-01')).json<Body & { days: object[] }>();
  expect(body.days).toEqual([alone]);
});

describe('age', () => {
  test.each([
    [{}, 0],
    [{ 'cache-control': 'max-age=60' }, 60_000],
    [{ 'cache-control': 'public, Max-Age="5"' }, 5_000],
    [{ 'cache-control': 'max-age=60, no-cache' }, 0],
    [{ 'cache-control': 'no-store' }, 0],
    [{ 'cache-control': 'max-age=soon' }, 0],
  ])('%j allows %i ms', async (headers, age) => {
    const { notes, figures } = asked((note) => ({
      realtime: (ms) => (note(ms), playedFigures().realtime(ms)),
      products: (...all) => (note(all[3]), playedFigures().products(...all)),
    }));
    const app = await given({ figures });
    await get(app, '/v1/kpis/realtime', headers);
    await get(app, '/v1/leaderboards/products', headers);
    expect(notes).toEqual([[age], [age]]);
  });
});

describe('leaderboards', () => {
  test('are of the currency of the ledger, or the one asked for, page by page', async () => {
    const { notes, figures } = asked((note) => ({
      customers: (...all) => {
        note(...all.slice(0, 2));
        return Promise.resolve({ listed: { rows: [ann], next: 'more', total: 7 }, as_of: brokerTime });
      },
      products: (...all) => (note(...all.slice(0, 3)), playedFigures().products(...all)),
    }));
    const app = await given({ figures, env: { LEDGER_CURRENCY: 'EUR' } });
    expect((await get(app, '/v1/leaderboards/customers?limit=1')).json()).toEqual({
      data: [ann],
      next_cursor: 'more',
      as_of: now,
    });
    const numbered = (await get(app, '/v1/leaderboards/customers?currency=USD&page=2&per_page=3')).json<object>();
    expect(numbered).toMatchObject({ meta: { page: 2, per_page: 3, total: 7, last_page: 3 } });
    await get(app, '/v1/leaderboards/products?by=units');
    expect(notes).toEqual([
      ['EUR', { kind: 'cursor', limit: 1, after: null }],
      ['USD', { kind: 'page', page: 2, perPage: 3 }],
      ['EUR', 'units', { kind: 'cursor', limit: 50, after: null }],
    ]);
  });

  test("one customer's place with its neighbours; 404 for one without a paid order", async () => {
    const bob = { ...ann, rank: 2, customer_id: 'bob', name: null };
    const figures = playedFigures({
      customer: (currency, id, around) => {
        expect([currency, around]).toEqual(['USD', 2]);
        const found = { customer: { ...ann, customer_id: id }, neighbours: [bob], as_of: brokerTime };
        return Promise.resolve(id === 'nobody' ? null : found);
      },
    });
    const app = await given({ figures });
    expect((await get(app, '/v1/leaderboards/customers/a@b')).json()).toEqual({
      ...ann,
      customer_id: 'a@b',
      neighbours: [bob],
      as_of: now,
    });
    expect((await get(app, '/v1/leaderboards/customers/nobody')).statusCode).toBe(404);
    expect((await get(app, '/v1/leaderboards/customers/a%20b')).statusCode).toBe(404);
  });

  test.each(['currency=usd', 'by=price', 'limit=0', 'limit=5&page=1'])('?%s is refused', async (query) => {
    expect((await get(await given({}), `/v1/leaderboards/products?${query}`)).statusCode).toBe(422);
  });
});

describe('lists', () => {
  const level: InventoryView = {
    product_id: 'p-1',
    name: 'Lamp',
    on_hand: 3,
    held: 1,
    available: 2,
    low_stock_threshold: 2,
    level: 'low',
  };

  test('of the inventory: all, or only what is lacking', async () => {
    const lacking: boolean[] = [];
    const inventory = (only: boolean) => {
      lacking.push(only);
      return Promise.resolve({ rows: [level], next: null, total: 1 });
    };
    const app = await given({ views: { ...playedViews(), inventory } });
    expect((await get(app, '/v1/inventory')).json()).toEqual({ data: [level], next_cursor: null });
    expect((await get(app, '/v1/inventory/low-stock?page=1')).json()).toMatchObject({ meta: { total: 1 } });
    expect(lacking).toEqual([false, true]);
  });

  test('of movements: of all products or one, and of a time', async () => {
    const filters: object[] = [];
    const movements: Given['views'] = {
      ...playedViews(),
      movements: (filter) => {
        filters.push(filter);
        return Promise.resolve({ rows: [], next: null, total: 0 });
      },
    };
    const app = await given({ views: movements });
    await get(app, '/v1/inventory/transactions');
    await get(app, '/v1/inventory/transactions?product_id=p-1&from=2026-01-01&to=2026-01-02T00:00:00Z');
    expect(filters).toEqual([{}, { product_id: 'p-1', from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 0, 2) }]);
  });
});
