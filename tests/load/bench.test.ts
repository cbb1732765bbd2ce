// The bench's own arithmetic: what it is asked, medians over rounds, and when a target is missed.
import { expect, test } from '@jest/globals';
import { median, percentile } from '../../load-tests/bench/figures.ts';
import type { Cell } from '../../load-tests/bench/measure.ts';
import { orderKinds, readOptions } from '../../load-tests/bench/options.ts';
import { checksOf, reportRows, table } from '../../load-tests/bench/report.ts';

const cell = (members: Pick<Cell, 'row' | 'side' | 'round' | 'ordersPerS'> & Partial<Cell>): Cell => ({
  p50Ms: 3,
  p99Ms: 10,
  maxMs: 20,
  orders: 100,
  others: {},
  ...(members.side === 'ledger' ? { catchUpMs: 1_000 } : {}),
  ...members,
});
const reported = (rows: string, cells: readonly Cell[]) =>
  reportRows({ cells, floorMs: [] }, readOptions(['--rows', rows]));
const missed = (rows: string, cells: readonly Cell[], floorMs: readonly number[] = []) =>
  checksOf(reported(rows, cells), floorMs).flatMap(({ ok, name }) => (ok ? [] : [name]));

test('rows are read, and what is none is named', () => {
  expect(readOptions(['--rows', 'hot:50,many:1']).rows).toEqual([
    { kind: 'hot', connections: 50 },
    { kind: 'many', connections: 1 },
  ]);
  expect(() => readOptions(['--rows', 'cold:50'])).toThrow('cold:50');
  expect(() => readOptions(['--rows', 'hot:0'])).toThrow('at least 1');
  expect(() => readOptions(['--only', 'redis'])).toThrow('ledger or postgres');
});

test('load goes to this machine only', () => {
  expect(readOptions(['--against', 'http://127.0.0.1:3000/']).against).toBe('http://127.0.0.1:3000');
  expect(readOptions(['--against', 'http://[::1]:3000']).against).toBe('http://[::1]:3000');
  expect(() => readOptions(['--against', 'https://shop.example'])).toThrow('not this machine');
  expect(() => readOptions(['--against', 'http://127.0.0.1.example'])).toThrow('not this machine');
});

test('medians and percentiles', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([1, 2, 3, 10])).toBe(2.5);
  expect(percentile([4, 1, 3, 2], 0.5)).toBe(3);
  expect(percentile([1, 2, 3], 0.99)).toBe(3);
});

test('a row is the medians of its rounds, with the least and the most that a round said', () => {
  const cells = [300, 500, 400].flatMap((ordersPerS, index) => [
    cell({ row: 'hot:50', side: 'ledger', round: index + 1, ordersPerS }),
    cell({ row: 'hot:50', side: 'postgres', round: index + 1, ordersPerS: 100 }),
  ]);
  const [row] = reported('hot:50', cells);
  expect(row).toMatchObject({ ratio: 4, ratioLeast: 3, ratioMost: 5, p99Ratio: 1 });
  expect(table(reported('hot:50', cells))).toContain('3.00..5.00');
});

test('each target is missed for its own reason', () => {
  const pair = (ledger: Partial<Cell>) => [
    cell({ row: 'hot:50', side: 'ledger', round: 1, ordersPerS: 400, p99Ms: 4, ...ledger }),
    cell({ row: 'hot:50', side: 'postgres', round: 1, ordersPerS: 100 }),
  ];
  expect(missed('hot:50', pair({}))).toEqual([]);
  expect(missed('hot:50', pair({ ordersPerS: 399 }))).toEqual(['hot:50 orders/s against Postgres']);
  expect(missed('hot:50', pair({ p99Ms: 4.1 }))).toEqual(['hot:50 p99 against Postgres']);
  expect(missed('hot:50', pair({ catchUpMs: 5_001 }))).toEqual(['hot:50 projections caught up']);
  expect(missed('hot:50', pair({ catchUpMs: null }))).toEqual(['hot:50 projections caught up']);
  expect(missed('hot:50', pair({ others: { 202: 1 } }))).toEqual(['hot:50 answers other than 201']);
});

test('one at a time is compared with the raw floor', () => {
  const alone = [cell({ row: 'hot:1', side: 'ledger', round: 1, ordersPerS: 300, p50Ms: 3 })];
  expect(missed('hot:1', alone, [1, 1, 1])).toEqual([]);
  expect(missed('hot:1', alone, [0.9, 0.9, 5])).toEqual(['hot:1 p50 against the raw floor']);
});

test('orders of three lines are compared with those of one', () => {
  const rows = 'many:1,many:50,three:1,three:50';
  const cells = (three: { readonly p50Ms: number; readonly ordersPerS: number }) => [
    cell({ row: 'many:1', side: 'ledger', round: 1, ordersPerS: 200, p50Ms: 5 }),
    cell({ row: 'many:50', side: 'ledger', round: 1, ordersPerS: 1_000 }),
    cell({ row: 'three:1', side: 'ledger', round: 1, ordersPerS: 70, p50Ms: three.p50Ms }),
    cell({ row: 'three:50', side: 'ledger', round: 1, ordersPerS: three.ordersPerS }),
  ];
  expect(missed(rows, cells({ p50Ms: 15, ordersPerS: 200 }))).toEqual([]);
  expect(missed(rows, cells({ p50Ms: 15.1, ordersPerS: 200 }))).toEqual(['three:1 p50 against many:1']);
  expect(missed(rows, cells({ p50Ms: 15, ordersPerS: 199 }))).toEqual(['three:50 orders/s against many:50']);
});

test('whole lives are the ledger alone, and say how many a second came to their end', () => {
  expect(orderKinds.whole.sides).toEqual(['ledger']);
  const whole = { settledPerS: 123, drainMs: 1_000 };
  expect(
    table(reported('whole:50', [cell({ row: 'whole:50', side: 'ledger', round: 1, ordersPerS: 200, whole })])),
  ).toMatch(/ 123$/m);
});
