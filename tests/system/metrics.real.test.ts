// What the processes of a ledger count while it works: every metric that docs/metrics.md has, in the roles that it
// names, and no other; and one trace from a request to its event.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { metricTable } from '../../src/platform/metric-table.ts';
import type { Api, LedgerProcess, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { judge } from '../support/ledger-log.ts';
import { eventually } from '../support/servers.ts';

const roles = ['api', 'writer', 'projector', 'workers'] as const;
type Role = (typeof roles)[number];

const partitions = 4;
const withinMs = 20_000;
const trace = 'trace-of-the-metrics-test';
let ledger: TestLedger;
let processes: { readonly [role in Role]: LedgerProcess };
let api: Api;

beforeAll(async () => {
  ledger = await prepareLedger('metrics', partitions);
  const writer = await ledger.start('writer');
  const projector = await ledger.start('projector');
  processes = { writer, projector, workers: await ledger.start('workers'), api: await ledger.start('api') };
  api = apiOf(processes.api.url, ledger.key);
  await api.product('tea', 3);
  const lines = [{ product_id: 'tea', quantity: 2 }];
  // Nobody asks for the payment, so that the workers add no commands.
  const order = (key: string) =>
    api.request('POST', '/v1/orders', { lines, payment: 'manual' }, { 'idempotency-key': key, 'x-trace-id': trace });
  expect([(await order('a')).status, (await order('a')).status, (await order('b')).status]).toEqual([201, 200, 409]);
  expect((await api.get('/v1/products/tea')).body).toMatchObject({ held: 2 });
  expect((await api.get('/v1/orders/0005fa3f-c0ff-8387-93e4-50ef3a7c595a')).status).toBe(404);
  expect((await api.get('/v1/canary-path-4711')).status).toBe(404);
}, 120_000);

afterAll(() => ledger.close(), 30_000);

test.each(roles)('a process with the role %s has the metrics of its role, and no others of ours', async (role) => {
  const names = new Set(
    [...(await figures(role)).keys()].map((name) => name.replace(/\{.*/, '').replace(/_(bucket|sum|count)$/, '')),
  );
  const documented = Object.values(metricTable).filter(({ of }) => of === 'every process' || of.includes(role));
  expect(
    [...names].filter((name) => name.startsWith('ledger_') && !documented.some((one) => one.name === name)),
  ).toEqual([]);
  // A metric with labels has no line before it counts something; its description is there.
  const text = await textOf(role);
  expect(documented.filter(({ name }) => !text.includes(`# HELP ${name} `))).toEqual([]);
  expect(names).toContain('nodejs_eventloop_lag_p99_seconds');
  expect(names).toContain('process_resident_memory_bytes');
});

test('the API counts commands by what became of them, and requests by template', async () => {
  const all = await figures('api');
  expect(all.get('ledger_commands_total{operation="create_product",outcome="ProductCreated"}')).toBe(1);
  expect(all.get('ledger_commands_total{operation="place_order",outcome="OrderAccepted"}')).toBe(1);
  expect(all.get('ledger_commands_total{operation="place_order",outcome="CommandRepeated"}')).toBe(1);
  expect(all.get('ledger_commands_total{operation="place_order",outcome="OrderRefused"}')).toBe(1);
  expect(all.get('ledger_http_request_seconds_count{route="/v1/orders",method="POST",status="201"}')).toBe(1);
  expect(all.get('ledger_http_request_seconds_count{route="/v1/orders/:order_id",method="GET",status="404"}')).toBe(1);
  expect(all.get('ledger_http_request_seconds_count{route="none",method="other",status="404"}')).toBe(1);
  expect(all.get('ledger_waiters')).toBe(0);
  expect(await textOf('api')).not.toMatch(/canary-path|0005fa3f|tea/);
});

test('the writer counts what it decides', async () => {
  const all = await figures('writer');
  const commands = all.get('ledger_decided_total') ?? 0;
  expect(commands).toBe(4);
  expect(all.get('ledger_batch_size_sum')).toBe(commands);
  expect(all.get('ledger_decision_seconds_count')).toBe(all.get('ledger_append_seconds_count'));
  expect(all.get('ledger_decision_seconds_sum')).toBeGreaterThan(0);
  expect(all.get('ledger_append_seconds_sum')).toBeGreaterThan(0);
  expect(all.get('ledger_rebuild_seconds_count')).toBeGreaterThanOrEqual(partitions);
  expect(all.get('ledger_append_doubts_total')).toBe(0);
  expect(all.get('ledger_partitions{role="writer",status="writing"}')).toBe(partitions);
});

test('the projector counts what it applies', async () => {
  const all = await figures('projector');
  // Genesis in each partition, the product, and of three orders what they did to stock and themselves.
  expect(all.get('ledger_projector_batch_size_sum')).toBeGreaterThan(partitions + 4);
  for (const projection of ['order-state', 'stock']) {
    expect(all.get(`ledger_projector_apply_seconds_count{projection="${projection}"}`)).toBeGreaterThan(0);
  }
  expect(all.get('ledger_void_records_total{role="projector"}')).toBe(0);
  expect(all.get('ledger_partitions{role="projector",status="running"}')).toBe(partitions);
});

test.each(['writer', 'projector'] as const)('the lag of the %s is 0 at rest, in every partition', async (role) => {
  const lags = async () =>
    [...(await figures(role))].filter(([name]) => name.startsWith(`ledger_lag_events{role="${role}"`));
  const rest = await eventually(
    async () => {
      const all = await lags();
      return all.length === partitions && all.every(([, lag]) => lag === 0) ? all : null;
    },
    { withinMs, what: `no lag of the ${role}` },
  );
  expect(new Set(rest.map(([name]) => name)).size).toBe(partitions);
});

test.each([
  ['payments', partitions],
  ['dead-letters', 1],
] as const)('the lag of the %s is 0 at rest, in every partition', async (part, count) => {
  const lags = async (): Promise<readonly number[]> =>
    [...(await figures('workers'))].flatMap(([name, lag]) =>
      name.startsWith(`ledger_lag_events{role="${part}"`) ? [lag] : [],
    );
  const isAtRest = async (): Promise<boolean> => {
    const all = await lags();
    return all.length === count && all.every((lag) => lag === 0);
  };
  expect(await eventually(isAtRest, { withinMs, what: `no lag of the ${part}` })).toBe(true);
});

test('the trace of a request is in its events', async () => {
  const { events, findings } = await judge(ledger);
  expect(findings).toEqual([]);
  const types = events.filter(({ meta }) => meta.correlation_id === trace).map(({ type }) => type);
  expect(types.sort()).toEqual(['CommandRepeated', 'OrderAccepted', 'OrderRefused', 'StockHeld']);
});

async function textOf(role: Role): Promise<string> {
  return (await fetch(`${processes[role].url}/metrics`)).text();
}

/** Every line that is a figure, by its name and labels as they stand there. */
async function figures(role: Role): Promise<ReadonlyMap<string, number>> {
  const lines = (await textOf(role)).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))] as const;
    }),
  );
}
