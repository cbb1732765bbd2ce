// `ledger events` over the log in memory: the order of what is shown, what is left out, and that one line stays one.
import { expect, test } from '@jest/globals';
import { LogError } from '../../src/log/port.ts';
import type { Log } from '../../src/log/port.ts';
import type { JournalEntry } from '../../src/cli/events/journal.ts';
import { readJournal } from '../../src/cli/events/journal.ts';
import { isAboutProduct } from '../../schemas/records.ts';
import { entryToJson, isAboutOrder, renderEntry } from '../../src/cli/events/render.ts';
import { fakePace, memoryLog, noon, open, plainReading, topics, uuid } from '../log/fixture.ts';
import { decided, recordOf, usual } from './history.ts';

const never = new AbortController().signal;

/** The usual history in partition 0, a void record and one that cannot be read behind it. */
async function history() {
  const log = memoryLog({}, 2);
  await open(log, 2);
  const events = await decided(usual);
  const records = events.map((event, i) => recordOf(event, i + 1));
  const unreadable = { ...recordOf(events[0] ?? fail(), events.length + 2), value: Buffer.from('nothing of ours') };
  const all = [...records, ...records.slice(0, 1), unreadable];
  log.inject(
    topics.events,
    0,
    all.map(({ value, headers = {} }) => ({ key: null, value, headers })),
  );
  return { log, events };
}

function fail(): never {
  throw new Error('the history is empty');
}

async function collect(log: Log, from: ReadonlyMap<number, number>): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  const source = { log, topic: topics.events, reading: plainReading() };
  for await (const entry of readJournal(source, from, null, never)) entries.push(entry);
  return entries;
}

function typeOf({ content }: JournalEntry): string {
  return 'event' in content ? content.event.type : 'unreadable';
}

test('every record is told, in the order of its partition, with whether it counts', async () => {
  const { log, events } = await history();
  const entries = await collect(log, new Map([[0, 0]]));
  expect(entries.map(typeOf)).toEqual([
    'LedgerOpened',
    ...events.map(({ type }) => type),
    events[0]?.type,
    'unreadable',
  ]);
  expect(entries.map(({ offset }) => offset)).toEqual(entries.map((_, i) => i));
  expect(entries.filter(({ counts }) => !counts).map(({ offset }) => offset)).toEqual([events.length + 1]);
  expect((await collect(log, new Map([[0, 5]])))[0]?.offset).toBe(5);
});

test('partitions are merged by time', async () => {
  const log = memoryLog({}, 3);
  await open(log, 3);
  const [created] = await decided(usual);
  if (created === undefined) fail();
  const times = [
    [10, 40],
    [20, 21, 22],
    [5, 50],
  ];
  times.forEach((own, partition) => {
    const records = own.map((ms, i) => recordOf({ ...created, meta: { ...created.meta, at: noon + ms } }, i + 1));
    log.inject(
      topics.events,
      partition,
      records.map(({ value, headers = {} }) => ({ key: null, value, headers })),
    );
  });
  const after = new Map(times.map((_, partition) => [partition, 1]));
  expect((await collect(log, after)).map(({ at }) => at - noon)).toEqual([5, 10, 20, 21, 22, 40, 50]);
});

test('an event says what it is about', async () => {
  const { events } = await history();
  const about = (test: (event: (typeof events)[number]) => boolean) => events.filter(test).map(({ type }) => type);
  expect(about((event) => isAboutProduct(event, 'pear'))).toEqual(['ProductCreated', 'StockHeld', 'OrderAccepted']);
  expect(about((event) => isAboutOrder(event, uuid(1_007)))).toEqual([
    'StockHeld',
    'OrderAccepted',
    'OrderCancelled',
    'StockReleased',
    'CommandRepeated',
  ]);
});

test('a line says where, when, what and why', async () => {
  const { log } = await history();
  const lines = (await collect(log, new Map([[0, 0]]))).map(renderEntry);
  const time = new Date(noon).toISOString();
  expect(lines[0]).toMatch(/^0:0 {2}.{24} {2}LedgerOpened {2}ledger_id=.* partitions=2 {2}by "?ledger prepare/);
  expect(lines[1]).toBe(
    `0:1  ${time}  ProductCreated  product_id=apple name=apple price=250USD stock=5 billing=single version=1  <- 0:0 ${uuid(1)}  by ann`,
  );
  expect(lines.at(-2)).toContain('(void)  ProductCreated');
  expect(lines.at(-1)).toContain('unreadable:');
});

test('what clients wrote cannot end the line or steer a terminal', async () => {
  const [created] = await decided(usual);
  if (created?.type !== 'ProductCreated') fail();
  const name = 'red\n0:9 \u001b[31m \u009b31m \u2028';
  const event = { ...created, data: { ...created.data, name }, meta: { ...created.meta, actor: 'a\nb' } };
  const entry = { partition: 0, offset: 1, at: noon, counts: true, content: { event } };
  expect(renderEntry(entry)).not.toMatch(/[\p{Cc}\u2028]/u);
  expect(JSON.stringify(entryToJson(entry))).not.toContain('\n');
  expect(entryToJson(entry)).toMatchObject({ position: '0:1', type: 'ProductCreated', cause: '0:0', data: { name } });
});

test('following goes on with what comes, tells nothing twice, and waits for a Kafka that is away', async () => {
  const { log, events } = await history();
  const [created] = await decided(usual);
  if (created === undefined) fail();
  const end = (await log.ends(topics.events)).get(0)?.high ?? 0;
  const troubles: string[] = [];
  let looks = 0;
  const moody: Log = {
    ...log,
    ends: (topic) => {
      looks += 1;
      if (looks === 2) return Promise.reject(new LogError('unavailable', 'away'));
      if (looks === 3) {
        const { value, headers = {} } = recordOf(created, end);
        log.inject(topics.events, 0, [{ key: null, value, headers }]);
      }
      return log.ends(topic);
    },
  };
  const stop = new AbortController();
  const offsets: number[] = [];
  const following = { pace: fakePace(), everyMs: 10, trouble: (error: Error) => void troubles.push(error.message) };
  const source = { log: moody, topic: topics.events, reading: plainReading() };
  const run = async () => {
    for await (const entry of readJournal(source, new Map([[0, events.length]]), following, stop.signal)) {
      offsets.push(entry.offset);
      if (entry.offset === end) stop.abort(new Error('enough'));
    }
  };
  await expect(run()).rejects.toThrow('enough');
  expect(offsets).toEqual([events.length, events.length + 1, events.length + 2, end]);
  expect(troubles).toEqual(['away']);
});
