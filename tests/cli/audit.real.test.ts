// `ledger audit` on the real stack: clean where the ledger was left alone, and blind to nothing that was touched.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { createCodec } from '../../schemas/codec.ts';
import type { EventRecord } from '../../schemas/records.ts';
import { nilUuid } from '../../schemas/records.ts';
import { checkSchemas } from '../../schemas/registry.ts';
import { topicsOf } from '../../schemas/topics.ts';
import { positionHeader, positionOf } from '../../src/log/journal.ts';
import { partitionOf } from '../../src/domain/partitioner.ts';
import { auditLedger } from '../support/audit.ts';
import { openLog } from '../support/ledger-log.ts';
import type { TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { freePort, servers } from '../support/servers.ts';

let ledger: TestLedger;
let database: pg.Client;
const partitions = 2;

beforeAll(async () => {
  ledger = await prepareLedger('audit', partitions);
  const service = await ledger.start();
  const api = apiOf(service.url, ledger.key);
  for (const product of ['fig', 'kiwi', 'lime']) await api.product(product, 20);
  const orders = await Promise.all(
    Array.from({ length: 30 }, (_, i) => api.order(`order-${i % 25}`, [[['fig', 'kiwi', 'lime'][i % 3] ?? '', 1]])),
  );
  await api.request('POST', `/v1/orders/${String(orders[0]?.body['order_id'])}/cancel`);
  // What a reader saw is in the rows, so that nothing moves any more once the service has ended.
  for (const product of ['fig', 'kiwi', 'lime']) expect((await api.get(`/v1/products/${product}`)).status).toBe(200);
  expect(await service.end('SIGTERM')).toBe(0);
  database = new pg.Client({ connectionString: ledger.env['DATABASE_URL'] });
  await database.connect();
}, 120_000);

afterAll(async () => {
  await database.end();
  await ledger.close();
}, 60_000);

test('a ledger that was left alone is clean, rows and all', async () => {
  const report = await auditLedger(ledger);
  expect(report.findings).toEqual([]);
  expect(report).toMatchObject({ ok: true, unchecked: [], warnings: [] });
  expect(report.partitions).toHaveLength(partitions);
  expect(report.projections.map(({ name, equal, rows }) => [name, equal, rows > 0])).toEqual([
    ['kpi', true, true],
    // Nothing was paid.
    ['leaderboards', true, false],
    ['order-history', true, true],
    ['order-state', true, true],
    ['stock', true, true],
    ['leaderboards in Redis', true, false],
  ]);
  const { code, output } = await ledger.run(['audit']);
  expect(code).toBe(0);
  expect(output.trimEnd().split('\n').at(-1)).toMatch(/^nothing was oversold: every command has one outcome/);
}, 120_000);

/** By table: its schema, and the columns of its key. */
const places: { readonly [table: string]: readonly [schema: string, key: string] } = {
  kpi_daily: ['kpi_1', 'date'],
  kpi_statuses: ['kpi_1', 'status'],
  order_events: ['order_history_1', 'partition, journal_offset'],
  orders: ['order_state_1', 'partition, journal_offset'],
  order_lines: ['order_state_1', 'partition, journal_offset'],
  products: ['stock_1', 'partition, product_id'],
  stock_movements: ['stock_1', 'partition, journal_offset'],
};

const tampering: readonly [table: string, change: string, undo: string, told: RegExp][] = [
  ['kpi_daily', 'accepted = accepted + 1', 'accepted = accepted - 1', /accepted is 26, the journal gives 25$/],
  ['kpi_statuses', 'orders = orders - 1', 'orders = orders + 1', /orders is 0, the journal gives 1$/],
  ['order_events', 'command_offset = command_offset + 1', 'command_offset = command_offset - 1', /gives \d+$/],
  [
    'orders',
    'total_amount = total_amount + 1',
    'total_amount = total_amount - 1',
    /total_amount is 451, .* gives 450$/,
  ],
  ['order_lines', 'quantity = quantity + 1', 'quantity = quantity - 1', /quantity is 2, the journal gives 1$/],
  ['products', 'held = held - 1', 'held = held + 1', /held is \d+, the journal gives \d+$/],
  [
    'stock_movements',
    `at = at + interval '1 microsecond'`,
    `at = at - interval '1 microsecond'`,
    /at is \d+\.001, the journal gives \d+$/,
  ],
];

test('one changed value in one row of any table is found', async () => {
  for (const [table, change] of tampering) await database.query(updateOne(table, change));
  const report = await auditLedger(ledger);
  for (const [table, , undo] of tampering) await database.query(updateOne(table, undo));
  expect(report.projections.map(({ equal }) => equal)).toEqual([false, true, false, false, false, true]);
  expect(report.findings).toHaveLength(tampering.length);
  for (const [table, , , told] of tampering) {
    const own = report.findings.filter(({ text }) => text.split(': ')[1]?.startsWith(`${table} `));
    const place = { partition: expect.any(Number), offset: expect.any(Number) };
    expect(own).toMatchObject([{ rule: 'projection', ...(table.startsWith('kpi') ? {} : place) }]);
    expect(own[0]?.text).toMatch(told);
  }
  expect((await auditLedger(ledger)).ok).toBe(true);
}, 180_000);

test('a row that is gone and a row too many are found', async () => {
  await database.query(`CREATE TABLE kept AS SELECT * FROM stock_1.stock_movements ORDER BY 1, 2 LIMIT 1`);
  await database.query(
    'DELETE FROM stock_1.stock_movements s USING kept k WHERE (s.partition, s.journal_offset) = (k.partition, k.journal_offset)',
  );
  await database.query('INSERT INTO stock_1.stock_movements SELECT 99, 7, product_id, at FROM kept');
  await database.query(`INSERT INTO order_state_1.order_lines (order_id, product_id) VALUES ('nobody', 'nothing')`);
  const { findings } = await auditLedger(ledger);
  await database.query(`DELETE FROM order_state_1.order_lines WHERE order_id = 'nobody'`);
  await database.query('DELETE FROM stock_1.stock_movements WHERE partition = 99');
  await database.query('INSERT INTO stock_1.stock_movements SELECT * FROM kept');
  expect(findings.map(({ text }) => text)).toEqual([
    expect.stringContaining('stock_movements lacks the row'),
    expect.stringContaining('order_lines has a row that the journal does not give: order_id="nobody"'),
    expect.stringContaining('1 rows of stock_movements lie in partitions that the journal does not have'),
  ]);
}, 120_000);

test('without Postgres the log is audited all the same, and it says what was not checked', async () => {
  const away = { DATABASE_URL: `postgres://ledger:ledger@127.0.0.1:${await freePort()}/ledger` };
  const { code, output } = await ledger.run(['audit'], away);
  expect(code).toBe(1);
  expect(output).toMatch(/the log keeps every rule, but not everything could be checked: the projections: /);
  const logOnly = await ledger.run(['audit', '--log-only'], away);
  expect(logOnly.code).toBe(0);
}, 120_000);

test('a record that states its offset and breaks the fold is found where it lies', async () => {
  const held = { product_id: 'fig', order_id: nilUuid, quantity: 100, on_hand: 20, held: 100 };
  const offset = await forge(partitionOf('fig', partitions), (meta) => ({ type: 'StockHeld', data: held, meta }));
  const { ok, findings } = await auditLedger(ledger);
  expect(ok).toBe(false);
  const partition = partitionOf('fig', partitions);
  expect(findings).toContainEqual(expect.objectContaining({ rule: 'oversold', partition, offset }));
  expect(findings).toContainEqual(expect.objectContaining({ rule: 'command', partition, offset }));
  const { code, output } = await ledger.run(['audit']);
  expect(code).toBe(1);
  expect(output.trimEnd().split('\n').at(-1)).toMatch(/^\d+ findings; the first: /);
}, 120_000);

test('a command without an outcome is a finding at rest only', async () => {
  const topics = topicsOf(ledger.prefix);
  const log = openLog();
  try {
    const appender = await log.openAppender();
    await appender.append(topics.commands, new Map([[0, [{ key: null, value: Buffer.from('nothing of ours') }]]]));
    await appender.append(topics.commands, new Map([[0, [{ key: null, value: Buffer.from('nothing of ours') }]]]));
    await appender.close();
  } finally {
    await log.close();
  }
  const undecided = (findings: readonly { rule: string }[]) =>
    findings.filter(({ rule }) => rule === 'undecided').length;
  const running = await auditLedger(ledger, { atRest: false, logOnly: true });
  expect(running.partitions[0]?.undecided).toBeGreaterThan(0);
  expect(undecided(running.findings)).toBe(0);
  expect(undecided((await auditLedger(ledger, { logOnly: true })).findings)).toBe(1);
}, 120_000);

/** Appends an event as a writer would who made it up: for the next command, where the journal ends. */
async function forge(partition: number, make: (meta: EventRecord['meta']) => EventRecord): Promise<number> {
  const topics = topicsOf(ledger.prefix);
  const { encode } = createCodec(await checkSchemas(servers().schemaRegistryUrl, topics));
  const log = openLog();
  try {
    const offset = (await log.ends(topics.events)).get(partition)?.high ?? 0;
    const command_offset = (await log.ends(topics.commands)).get(partition)?.high ?? 0;
    const about = { command_offset, index: 0, count: 1, sent: 0, at: Date.now(), command_id: nilUuid };
    const nobody = { answers: null, reply_to: [], placed_at: null, source: null, remember: null };
    const event = make({ ...about, ...nobody, actor: '', correlation_id: '', writer: nilUuid });
    const record = { key: 'fig', value: encode(event), headers: { [positionHeader]: positionOf(offset, []) } };
    const appender = await log.openAppender();
    await appender.append(topics.events, new Map([[partition, [record]]]));
    await appender.close();
    return offset;
  } finally {
    await log.close();
  }
}

/** An update of the first row of a table, by its key. */
function updateOne(table: string, change: string): string {
  const [schema, key] = places[table] ?? [];
  const first = `SELECT ctid FROM ${schema}.${table} ORDER BY ${key} LIMIT 1`;
  return `UPDATE ${schema}.${table} SET ${change} WHERE ctid = (${first})`;
}
