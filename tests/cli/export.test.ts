// Export: the stretch that is asked for, each event once and in order, and files that other tools read as they are meant.
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import type { ExportedEvent } from '../../src/cli/export/columns.ts';
import { columns } from '../../src/cli/export/columns.ts';
import type { ExportRequest } from '../../src/cli/export/export.ts';
import { UnreadableEvent, exportEvents } from '../../src/cli/export/export.ts';
import type { FormatName } from '../../src/cli/export/formats.ts';
import { createFormat } from '../../src/cli/export/formats.ts';
import { memoryLog, noon, open, plainReading, topics } from '../log/fixture.ts';
import { decided, recordOf, usual } from './history.ts';

const never = new AbortController().signal;

/** The usual history in partition 0 and again in partition 1; behind each a record that counts for nothing. */
async function history(tail: Uint8Array | null = null) {
  const log = memoryLog({}, 2);
  await open(log, 2);
  const events = (await decided(usual)).map((event, i) => ({ ...event, meta: { ...event.meta, at: noon + i } }));
  for (const partition of [0, 1]) {
    const records = events.map((event, i) => recordOf(event, i + 1));
    const unreadable = records.slice(0, 1).map((record) => ({ ...record, ...recordOf(events[0] ?? fail(), 0) }));
    const more = tail === null ? [] : [{ ...recordOf(events[0] ?? fail(), events.length + 2), value: tail }];
    const all = [...records, ...unreadable, ...more];
    log.inject(
      topics.events,
      partition,
      all.map(({ value, headers = {} }) => ({ key: null, value, headers })),
    );
  }
  return { log, events };
}

function fail(): never {
  throw new Error('the history is empty');
}

async function exported(request: ExportRequest, pieceMax = 3, tail: Uint8Array | null = null) {
  const { log, events } = await history(tail);
  const pieces: (readonly ExportedEvent[])[] = [];
  const source = { log, topic: topics.events, reading: plainReading(), pieceMax };
  const take = (piece: readonly ExportedEvent[]): Promise<void> => Promise.resolve(void pieces.push(piece));
  const told: number[] = [];
  const result = await exportEvents(source, request, take, ({ read }) => told.push(read), never);
  return { events, pieces, all: pieces.flat(), result, told };
}

/** Genesis, then the events: how many of them a partition holds. */
const genesis = 1;

test('all that counts is handed over once, in the order of each partition, in pieces of bounded size', async () => {
  const { events, pieces, all, result, told } = await exported({});
  for (const partition of [0, 1]) {
    const own = all.filter((one) => one.partition === partition);
    expect(own.map(({ offset }) => offset)).toEqual([...events, null].map((_, i) => i));
    expect(own.slice(genesis).map(({ event }) => event.type)).toEqual(events.map(({ type }) => type));
  }
  expect(pieces.every((piece) => piece.length <= 3)).toBe(true);
  expect(result.events).toBe(2 * (events.length + genesis));
  expect(told.at(-1)).toBe(result.records);
});

test('in whatever pieces it is written, an export has the same bytes', async () => {
  const text = async (pieceMax: number): Promise<string> => {
    const { pieces } = await exported({}, pieceMax);
    const format = createFormat('csv');
    return pieces.map((piece) => String(format.some(piece))).join('') + String(format.end());
  };
  expect(await text(1)).toBe(await text(1_000));
});

test('offsets bound it from both sides, and name the partitions', async () => {
  const offsets = { from: { offsets: new Map([[1, 2]]) }, until: { offsets: new Map([[1, 5]]) } };
  const { all } = await exported(offsets);
  expect(all.map(({ partition, offset }) => [partition, offset])).toEqual([
    [1, 2],
    [1, 3],
    [1, 4],
  ]);
});

test('times bound it: what happened at the first is in it, what happened at the second is not', async () => {
  const { all } = await exported({});
  const [first, second] = [noon + 2, noon + 5];
  const some = await exported({ from: { time: first }, until: { time: second } });
  expect(some.all).toHaveLength(6);
  expect(some.all).toEqual(all.filter(({ at }) => at >= first && at < second));
});

test('a record that counts for nothing and came late takes no event of its partition out of a stretch of time', async () => {
  let clock = noon;
  const log = memoryLog({ now: () => clock }, 2);
  await open(log, 2);
  const events = (await decided(usual)).map((event, i) => ({ ...event, meta: { ...event.meta, at: noon + i } }));
  const [first] = events;
  if (first === undefined) throw new Error('the history is empty');
  const records = events.map((event, i) => recordOf(event, i + 1));
  const raw = (some: typeof records) => some.map(({ value, headers = {} }) => ({ key: null, value, headers }));
  clock = noon + 3_600_000;
  log.inject(topics.events, 1, raw(records));
  // Meant for the offset of genesis; its time is that of its append, long after noon.
  const shifted = events.map((event, i) => recordOf(event, i + 2));
  log.inject(topics.events, 0, raw([recordOf(first, 0), ...shifted]));
  const got: ExportedEvent[] = [];
  const take = (piece: readonly ExportedEvent[]): Promise<void> => Promise.resolve(void got.push(...piece));
  const source = { log, topic: topics.events, reading: plainReading(), pieceMax: 3 };
  await exportEvents(source, { from: { time: noon }, until: { time: noon + 3 } }, take, () => undefined, never);
  const decisions = got.filter(({ event }) => event.type !== 'LedgerOpened');
  const own = (partition: number) => decisions.filter((one) => one.partition === partition).map(({ at }) => at - noon);
  expect([own(0), own(1)]).toEqual([
    [0, 1, 2],
    [0, 1, 2],
  ]);
});

test('only the types that are asked for', async () => {
  const { all } = await exported({ types: new Set(['OrderCancelled']) });
  expect(all.map(({ event }) => event.type)).toEqual(['OrderCancelled', 'OrderCancelled']);
});

test('an event that counts and cannot be read ends it, and is named', async () => {
  const tail = Buffer.from('nothing of ours');
  await expect(exported({}, 3, tail)).rejects.toThrow(UnreadableEvent);
  await expect(exported({}, 3, tail)).rejects.toThrow(/at 0:\d+ cannot be read/);
});

async function written(name: FormatName, change: (one: ExportedEvent) => ExportedEvent = (one) => one) {
  const { pieces, all } = await exported({});
  const format = createFormat(name);
  const parts = [...pieces.map((piece) => format.some(piece.map(change))), format.end()];
  return { all, bytes: Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))) };
}

test('NDJSON has one object a line', async () => {
  const { all, bytes } = await written('ndjson');
  const lines = String(bytes)
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(lines).toHaveLength(all.length);
  expect(lines.at(-1)).toMatchObject({ position: expect.any(String), type: all.at(-1)?.event.type });
});

test('CSV has one header, CRLF, and every column of every event', async () => {
  const { all, bytes } = await written('csv');
  const lines = String(bytes).split('\r\n');
  expect(lines[0]).toBe(columns.map(({ name }) => name).join(','));
  expect(lines).toHaveLength(all.length + 2);
  expect(lines.at(-1)).toBe('');
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])(
  'CSV does not let a text be a formula: %j',
  async (text) => {
    const { bytes } = await written('csv', (one) => ({
      ...one,
      event: { ...one.event, meta: { ...one.event.meta, actor: text } },
    }));
    expect(String(bytes)).toContain(`'${text}`);
    expect(String(bytes)).not.toMatch(/,"?[=@\t\r]/);
  },
);

test('a number below zero stays a number in CSV', async () => {
  const { bytes } = await written('csv');
  expect(String(bytes)).toMatch(/StockAdjusted,apple,,,,-4,/);
});

test('Parquet reads back as what was written, with types', async () => {
  const { all, bytes } = await written('parquet');
  const file = new Uint8Array(bytes).buffer;
  const rows = await parquetReadObjects({ file });
  expect(parquetMetadata(file).num_rows).toBe(BigInt(all.length));
  expect(rows.map((row): unknown => row['position'])).toEqual(
    all.map(({ partition, offset }) => `${partition}:${offset}`),
  );
  expect(rows.map((row): unknown => row['time'])).toEqual(all.map(({ at }) => new Date(at)));
  const adjusted = rows.find((row) => row['type'] === 'StockAdjusted');
  expect(adjusted).toMatchObject({ product_id: 'apple', delta: -4n, order_id: null });
  expect(rows.map((row): unknown => JSON.parse(String(row['data'])))).toEqual(
    all.map(({ event }) => JSON.parse(JSON.stringify({ ...event.data, meta: undefined })) as unknown),
  );
});

test('an export of nothing is a whole file all the same', async () => {
  expect(String(createFormat('csv').end())).toBe(`${columns.map(({ name }) => name).join(',')}\r\n`);
  const file = new Uint8Array(Buffer.from(createFormat('parquet').end())).buffer;
  expect(await parquetReadObjects({ file })).toEqual([]);
});

test('the page about it has every column, in their order', async () => {
  const page = await readFile(new URL('../../docs/export.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` +\| (text|integer|time|json) +\| (.*?) +\|$/gm)].map((row) =>
    row.slice(1),
  );
  expect(rows).toEqual(columns.map(({ name, kind, doc }) => [name, kind, doc]));
});
