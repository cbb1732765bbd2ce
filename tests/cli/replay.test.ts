// What `ledger replay` and `ledger export` make of text, rows and manifests, without a server.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Manifest } from '../../consumers/replay/manifest.ts';
import { differencesOf, manifestOf } from '../../consumers/replay/manifest.ts';
import { createTally } from '../../consumers/replay/tally.ts';
import { compareTables } from '../../consumers/replay/diff.ts';
import { compareRows, rowText, sumOfAll, sumsOf } from '../../projections/dump.ts';
import type { Cells, Table } from '../../projections/projection.ts';
import type { Replay } from '../../projections/replays.ts';
import type { Picture } from '../../projections/store.ts';
import { loadOwn } from '../../src/cli/replay/own.ts';
import { lineOf } from '../../src/cli/replay/progress.ts';
import { boundedRanges, requestOf, spanOf } from '../../src/cli/replay/request.ts';
import { replayJson } from '../../src/cli/replay/render.ts';
import { renderRows } from '../../src/cli/replay/rows.ts';

const text = { type: 'text', doc: '' } as const;
const table: Table = {
  name: 'things',
  doc: '',
  columns: {
    id: text,
    n: { type: 'bigint', doc: '' },
    at: { type: 'timestamptz', doc: '' },
    more: { type: 'jsonb', doc: '' },
  },
  key: ['id'],
  indexes: [],
};
const thing = (id: string, n: number): Cells => ({ id, n, at: 0, more: { b: 1, a: [n] } });
const pictureOf = (rows: readonly Cells[], pageRows = 2): Picture => ({
  checkpoints: new Map([[0, 7]]),
  async *rows() {
    for (let at = 0; at < rows.length; at += pageRows) yield await Promise.resolve(rows.slice(at, at + pageRows));
  },
});

describe('what is asked for', () => {
  test('a time bounds by log time, positions by offsets', () => {
    expect(requestOf({ until: '2026-03-01T12:00:00+02:00' }, null, 5)).toMatchObject({
      untilMs: Date.UTC(2026, 2, 1, 10),
      rate: 5,
    });
    const whole = [0, 1].map((partition) => ({ partition, from: 0, to: 10 }));
    expect(requestOf({ until: '0:3' }, null, 0).untilMs).toBeNull();
    expect(boundedRanges(whole, '0:3').map(({ to }) => to)).toEqual([3, 10]);
    expect(boundedRanges(whole, '2026-03-01').map(({ to }) => to)).toEqual([10, 10]);
    expect(() => boundedRanges(whole, '5:1')).toThrow('there is no partition 5');
    expect(() => boundedRanges(whole, '1:11')).toThrow('partition 1 ends at offset 10, before 11');
  });

  test.each([
    [{ until: 'yesterday' }, /ISO 8601/],
    [{ until: '2026-02-01T10:00' }, /with its zone/],
    [{ until: '0:1,x' }, /partition:offset/],
    [{ types: ['OrderAccepted', 'OrderLost'] }, /OrderLost is none of/],
    [{ product: 'a b' }, /no product id/],
  ])('%j is refused', (asked, why) => {
    expect(() => requestOf(asked, null, 0)).toThrow(why);
  });

  test('spans of time', () => {
    expect(['90s', '30m', '12h', '7d'].map(spanOf)).toEqual([90, 1_800, 43_200, 604_800]);
    expect(() => spanOf('1 week')).toThrow(/30m/);
  });
});

describe('rows', () => {
  test('a spreadsheet takes no cell of CSV for a formula, and numbers stay numbers', () => {
    const rows = ['=1+1', '+2', '-3', '@SUM(A1)', '\tx', 'a,"b"', 'plain'].map((id) => thing(id, -5));
    const lines = renderRows('csv', table, rows, false).split('\n');
    expect(lines[0]).toBe('id,n,at,more');
    expect(lines.slice(1, 8).map((line) => line.split(',-5,')[0])).toEqual([
      "'=1+1",
      "'+2",
      "'-3",
      "'@SUM(A1)",
      "'\tx",
      '"a,""b"""',
      'plain',
    ]);
    expect(lines[1]).toContain(',-5,1970-01-01T00:00:00.000Z,');
  });

  test('NDJSON says of which table a row is where there are several', () => {
    expect(renderRows('ndjson', table, [thing('a', 1)], true)).toBe(
      '{"table":"things","id":"a","n":1,"at":"1970-01-01T00:00:00.000Z","more":{"b":1,"a":[1]}}\n',
    );
    expect(renderRows('table', table, [thing('a', 1)], true).split('\n')[1]).toMatch(/^ID +N +AT +MORE$/);
  });

  test('equal rows are the same text however their objects were built; keys order as Postgres orders them', () => {
    expect(rowText(table, { more: { a: [1], b: 1 }, at: 0, n: 1, id: 'x' })).toBe(rowText(table, thing('x', 1)));
    const ids = ['ß', 'Z', 'a', '😀', 'ﬀ'].map((id) => thing(id, 1)).sort((a, b) => compareRows(table, a, b));
    expect(ids.map(({ id }) => id)).toEqual(['Z', 'a', 'ß', 'ﬀ', '😀']);
    const numbered: Table = { ...table, key: ['n'] };
    expect(
      [10, 9, 100]
        .map((n) => thing('x', n))
        .sort((a, b) => compareRows(numbered, a, b))
        .map(({ n }) => n),
    ).toEqual([9, 10, 100]);
  });
});

describe('two generations', () => {
  test('equal ones have equal sums; every kind of difference is counted and shown', async () => {
    const live = ['a', 'b', 'c', 'd'].map((id) => thing(id, 1));
    const same = await compareTables(table, pictureOf(live), pictureOf(live, 3));
    expect(same).toMatchObject({ equal: true, only_here: 0, only_live: 0, different: 0, first: [] });
    expect(same.sha256.here).toBe(same.sha256.live);
    const here = [thing('a', 1), thing('b', 2), thing('bb', 1), thing('d', 1)];
    const diff = await compareTables(table, pictureOf(here), pictureOf(live));
    expect(diff).toMatchObject({ equal: false, only_here: 1, only_live: 1, different: 1, rows: { here: 4, live: 4 } });
    expect(diff.first[0]).toEqual({
      key: { id: 'b' },
      columns: { n: { here: 2, live: 1 }, more: { here: { b: 1, a: [2] }, live: { b: 1, a: [1] } } },
    });
    expect(diff.first.map(({ key }) => key['id'])).toEqual(['b', 'bb', 'c']);
  });

  test('a manifest says what changed: events, counts, tables, the definition', async () => {
    const tally = createTally();
    tally.add('OrderAccepted', 7);
    tally.add('OrderAccepted', 9);
    const facts = { projection: 'things', version: 1, definitionHash: 'h', tally, now: new Date(0), ranges: [] };
    const request = { file: null, until: null, types: null, product: null };
    const made = async (n: number): Promise<Manifest> => {
      const tables = await sumsOf({ tables: [table] }, pictureOf([thing('a', n)]));
      return manifestOf({ ...facts, request, tables });
    };
    const first = await made(1);
    expect(first).toMatchObject({ events: 2, counts: { OrderAccepted: 2 }, schemas: { OrderAccepted: [7, 9] } });
    expect(first.sha256).toBe(sumOfAll(first.tables));
    expect(differencesOf(first, await made(1))).toEqual([]);
    expect(differencesOf(first, await made(2))).toEqual([expect.stringMatching(/^table things: 1 rows .* now$/)]);
    tally.add('OrderRefused', 8);
    expect(differencesOf(first, { ...(await made(1)), version: 2 })).toEqual([
      'version: 1 in the manifest, 2 now',
      'events: 2 in the manifest, 3 now',
      'counts of OrderRefused: 0 in the manifest, 1 now',
    ]);
  });
});

test('a line of progress says how far, how fast, how long, and what is waited for', () => {
  const partitions = [
    { partition: 0, offset: 50, end: 100 },
    { partition: 1, offset: 100, end: 100 },
  ];
  const at = { phase: 'reading', partitions, events: 140, eventsPerS: 70, etaS: 1, error: 'Postgres is away' } as const;
  expect(lineOf('kpi', at)).toBe('kpi: reading 75 %, 140 events, 70 events/s, 1 s left, waiting: Postgres is away');
});

test("an analyst's file that is no projection is told what it lacks", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'own-'));
  try {
    const load = async (name: string, source: string): Promise<unknown> => {
      await writeFile(join(folder, name), source);
      return loadOwn(join(folder, name));
    };
    await expect(load('none.mjs', 'export const a = 1;')).rejects.toThrow('must export one projection');
    const named = "export const p = { name: 'P', version: 1, tables: [], project: () => [] };";
    await expect(load('name.mjs', named)).rejects.toThrow(/name: a projection has a name.*tables/);
    const tables = "[{ name: 't', columns: { a: { type: 'text' } }, key: ['b'] }]";
    const key = `export const p = { name: 'p', version: 1, tables: ${tables}, project: () => [] };`;
    await expect(load('key.mjs', key)).rejects.toThrow('names no column: b');
    const good = (await load('good.mjs', key.replace("['b']", "['a']"))) as Awaited<ReturnType<typeof loadOwn>>;
    expect(good.projection).toMatchObject({ name: 'p', tables: [{ name: 't', indexes: [] }] });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a replay is stalled when nobody works on it, and somebody had the time to take it up', () => {
  const started = new Date(0);
  const replay: Replay = {
    replayId: 'one',
    lockId: 1,
    projection: 'kpi',
    generation: 2,
    schema: 'kpi_2',
    version: 1,
    definitionHash: '',
    name: null,
    private: false,
    status: 'running',
    error: null,
    request: requestOf({}, null, 0),
    ranges: [],
    events: 0,
    eventsPerS: null,
    startedAt: started,
    updatedAt: started,
    finishedAt: null,
    expiresAt: null,
    manifest: null,
    checkpoints: {},
    worked: false,
  };
  expect(replayJson(replay, 1_000).stalled).toBe(false);
  expect(replayJson(replay, 60_000).stalled).toBe(true);
  expect(replayJson({ ...replay, worked: true }, 60_000).stalled).toBe(false);
  expect(replayJson({ ...replay, status: 'caught_up' }, 60_000).stalled).toBe(false);
});
