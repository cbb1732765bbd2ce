// The Postgres baseline of the bench on real Postgres: a comparison is worth something only if the other side is right.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Baseline, PostgresSide } from '../../load-tests/bench/postgres-side.ts';
import { openPostgres } from '../../load-tests/bench/postgres-side.ts';
import { apiOf } from '../support/ledger.ts';
import type { Api } from '../support/ledger.ts';
import { servers } from '../support/servers.ts';

const stock = 5;
let postgres: PostgresSide;
let baseline: Baseline;
let api: Api;

beforeAll(async () => {
  postgres = await openPostgres(servers().databaseUrl, 'b', stock);
  baseline = await postgres.start(8);
  api = apiOf(baseline.target.url, baseline.target.apiKey);
}, 30_000);
afterAll(() => postgres.close());

test('it commits durably', () => {
  expect(postgres.settings).toMatchObject({ fsync: 'on', synchronous_commit: 'on' });
});

test('fifty buyers at once get what there is, and nobody more', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => api.order(`key-${n}`, [['b-hot-1', 1]])));
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 201)).toHaveLength(stock);
  expect(statuses.filter((status) => status === 409)).toHaveLength(50 - stock);
  await postgres.check();
});

test('one key is one order, whoever comes at the same moment', async () => {
  const lines = [
    ['b-many-2', 2],
    ['b-many-1', 1],
  ] as const;
  const answers = await Promise.all(Array.from({ length: 20 }, () => api.order('same', lines)));
  expect(answers.map(({ status }) => status).toSorted((a, b) => b - a)).toEqual([201, ...Array<number>(19).fill(200)]);
  expect(new Set(answers.map(({ body }) => body['order_id'])).size).toBe(1);
  const other = await api.order('same', [['b-many-1', 1]]);
  expect(other.status).toBe(422);
  await postgres.check();
});

test('all lines or none', async () => {
  const lines = [
    ['b-many-3', 1],
    ['b-many-4', stock + 1],
  ] as const;
  expect((await api.order('too-many', lines)).status).toBe(409);
  expect((await api.order('unknown', [['nothing', 1]])).status).toBe(404);
  await postgres.check();
});

test('the answer has the members that the ledger answers with', async () => {
  const { status, body } = await api.order('shape', [['b-many-5', 2]]);
  expect(status).toBe(201);
  expect(body).toMatchObject({
    customer_id: 'bench',
    status: 'PENDING',
    lines: [{ product_id: 'b-many-5', quantity: 2, unit_price: { amount: 1999 }, total: { amount: 3998 } }],
    total: { amount: 3998, currency: 'USD' },
    payment: 'manual',
    version: 1,
  });
});

test('nobody without a key, and no body that does not fit', async () => {
  const { url, apiKey } = baseline.target;
  expect((await apiOf(url, `ol_${'x'.repeat(43)}`).order('stranger', [['b-hot-1', 1]])).status).toBe(401);
  expect((await apiOf(url, apiKey).order('nothing', [])).status).toBe(400);
});
