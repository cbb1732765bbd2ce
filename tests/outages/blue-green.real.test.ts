// Views are built anew, activated and rolled back while orders come in, everybody reads, and an analyst's query stays
// open on one of them: no read fails, and nobody is told less than before.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import type { Stack } from '../../stack/stack.ts';
import { startStack } from '../../stack/stack.ts';
import type { TestGateway } from '../payments/support.ts';
import { openGateway } from '../payments/support.ts';
import { expectSoundAudit } from '../support/audit.ts';
import type { Api, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger, untilShown } from '../support/ledger.ts';
import { eventually } from '../support/servers.ts';
import type { Buying } from '../support/load.ts';
import { countStatuses, openLoad, p99 } from './open-load.ts';
import { sized } from './sizes.ts';
import { startWatchers } from './watchers.ts';

const ordersPerS = sized(40, 100);
const readsPerS = sized(80, 200);
const readers = 20;
/** How long orders come in before anything is built, and how long the analyst's query stays open, s. */
const historyS = sized(5, 60);
const queryS = sized(5, 60);
/** One order in so many is paid for, and so moves the leaderboards. */
const paidEvery = sized(2, 5);
const customers = 40;
const rebuilt = ['order-state', 'kpi', 'leaderboards'];
const products = Array.from({ length: 12 }, (_, n) => `green-${n}`);
const shownMax = 10;
const rebuildMsMax = sized(120_000, 600_000);
const testMsMax = sized(300_000, 2_400_000);

let stack: Stack;
let gateway: TestGateway;
let ledger: TestLedger;
let api: Api;

beforeAll(async () => {
  stack = await startStack();
  Object.assign(process.env, stack.env);
  gateway = await openGateway({});
  ledger = await prepareLedger('green', 4);
  const started = await ledger.start('api,writer,projector,workers', {
    ...gateway.env,
    LEDGER_GATEWAY_TIMEOUT_MS: '10000',
  });
  api = apiOf(started.url, ledger.key);
  for (const product of products) expect((await api.product(product, 1_000_000_000)).status).toBe(201);
}, 240_000);

afterAll(async () => {
  await ledger.close();
  await gateway.close();
  await stack.stop();
}, 90_000);

test(
  'three views are rebuilt, activated and rolled back under load: no read fails, and none goes back',
  async () => {
    const orders: string[] = [];
    const date = new Date().toISOString().slice(0, 10);
    const buying = startBuying(orders);
    await eventually(() => orders.length >= ordersPerS * historyS, { withinMs: testMsMax, what: 'a history' });
    const watching = startWatchers(api, { readers, readsPerS, date, products, orders });
    const watchedFrom = performance.now();
    const took = await rebuildAll();
    const seconds = (performance.now() - watchedFrom) / 1_000;
    const seen = await watching.stop();
    const heard = await buying.stop();
    const statuses = countStatuses(heard);
    console.log(
      `${seconds.toFixed(1)} s with ${(seen.reads / seconds).toFixed(0)} reads/s and ${ordersPerS} orders/s wanted: ` +
        `${seen.reads} reads, ${seen.failed.length} failed, ${seen.backward.length} backward, ${seen.stale} said stale; ` +
        `slowest read ${seen.slowestMs} ms, longest read pause ${seen.longestPauseMs} ms; ` +
        `${heard.length} orders ${JSON.stringify(statuses)}, p99 ${p99(heard)} ms; ${took.join(', ')}`,
    );
    expect(seen.failed.slice(0, shownMax)).toEqual([]);
    expect(seen.backward.slice(0, shownMax)).toEqual([]);
    // An order that is too much for the machine is refused for now, and few are.
    expect(Object.keys(statuses).filter((status) => status !== '201' && status !== '503')).toEqual([]);
    expect(orders.length).toBeGreaterThan(heard.length * 0.99);
    expect(seen.reads).toBeGreaterThan(readers * 5);
    await untilShown(api);
    const { body } = await api.get('/v1/orders/statistics');
    expect(Number(body['total'])).toBeGreaterThanOrEqual(orders.length);
    expect(Number(body['total'])).toBeLessThanOrEqual(heard.length);
    await expectSoundAudit(ledger);
  },
  testMsMax,
);

/** Rebuilds each view, activates it, and goes back, with a query open on `live.orders`; answers what took how long. */
async function rebuildAll(): Promise<readonly string[]> {
  const analyst = new pg.Client({ connectionString: ledger.env['DATABASE_URL'] ?? '' });
  await analyst.connect();
  await analyst.query(`SET statement_timeout = 0`);
  const took: string[] = [];
  const timed = async (args: readonly string[]): Promise<void> => {
    const started = performance.now();
    const { code, output } = await ledger.run(args, {}, rebuildMsMax);
    expect({ args, code, output: code === 0 ? '' : output }).toEqual({ args, code: 0, output: '' });
    took.push(`${args.slice(1, 3).join(' ')} ${((performance.now() - started) / 1_000).toFixed(1)} s`);
  };
  try {
    const open = analyst.query(`SELECT count(*), pg_sleep($1) FROM (SELECT count(*) FROM live.orders) counted`, [
      queryS,
    ]);
    for (const projection of rebuilt) await timed(['replay', 'start', projection, '--activate']);
    for (const projection of rebuilt) await timed(['replay', 'rollback', projection]);
    expect((await open).rowCount).toBe(1);
  } finally {
    await analyst.end();
  }
  return took;
}

/** Orders at a steady rate until it is stopped; ids of those accepted go to `orders`. */
function startBuying(orders: string[]) {
  const buyer: Buying = {
    order: async (key, lines) => {
      const n = Number(key.split('-').at(-1));
      const wanted = lines.map(([product_id, quantity]) => ({ product_id, quantity }));
      const payment = n % paidEvery === 0 ? 'automatic' : 'manual';
      const order = { lines: wanted, payment, customer_id: `customer-${n % customers}` };
      const reply = await api.request('POST', '/v1/orders', order, { 'idempotency-key': key });
      if (reply.status === 201) orders.push(String(reply.body['order_id']));
      return reply;
    },
  };
  const stopping = new AbortController();
  const steady = { name: 'green', perSecond: ordersPerS, forMs: testMsMax };
  const running = openLoad(buyer, products, steady, stopping.signal);
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}
