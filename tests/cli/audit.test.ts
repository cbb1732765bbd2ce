// The audit of the log in memory: a history of the real decider is clean, and no rule can be broken unseen.
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { EventRecord } from '../../schemas/records.ts';
import { nilUuid } from '../../schemas/records.ts';
import type { RuleName } from '../../src/cli/audit/findings.ts';
import { positionHeader, positionOf } from '../../src/log/journal.ts';
import { create, noon, place, topics, uuid } from '../log/fixture.ts';
import { adjust, auditOf, cancel, decided, usual } from './history.ts';

let history: readonly EventRecord[];

beforeAll(async () => {
  history = await decided(usual);
});

type Change = (events: EventRecord[]) => EventRecord[];

/** Changes the nth event of a type. */
function change<T extends EventRecord['type']>(
  type: T,
  how: (event: Extract<EventRecord, { type: T }>) => object,
  nth = 0,
): Change {
  return (events) => {
    const chosen = events.filter((event): event is Extract<EventRecord, { type: T }> => event.type === type)[nth];
    if (chosen === undefined) throw new Error(`there is no ${type}`);
    return events.map((event) => (event === chosen ? { ...event, ...how(chosen) } : event));
  };
}

const data = <T extends EventRecord['type']>(type: T, values: object, nth = 0): Change =>
  change(type, (event) => ({ data: { ...event.data, ...values } }), nth);
const meta = <T extends EventRecord['type']>(type: T, values: object, nth = 0): Change =>
  change(type, (event) => ({ meta: { ...event.meta, ...values } }), nth);
const without =
  (type: EventRecord['type']): Change =>
  (events) =>
    events.toSpliced(
      events.findIndex((event) => event.type === type),
      1,
    );
const money = (amount: number) => ({ amount, currency: 'USD' });

const broken: readonly [string, RuleName, Change][] = [
  ['an event is missing', 'dense', without('StockHeld')],
  ['an outcome is missing', 'dense', without('CommandRepeated')],
  ['an outcome is there twice', 'dense', (events) => [...events, ...events.slice(-1)]],
  ['history ends inside a command', 'dense', (events) => events.slice(0, -2)],
  ['a level is not what the movements give', 'stock', data('StockHeld', { held: 2 })],
  ['an adjustment miscounts', 'stock', data('StockAdjusted', { on_hand: 7 })],
  ['a level is below zero by its own word', 'oversold', data('StockHeld', { on_hand: -1 })],
  ['a new product begins below zero', 'oversold', data('ProductCreated', { stock: -1 })],
  ['more is held than is there', 'oversold', data('StockHeld', { quantity: 6, held: 6 })],
  ['a hold is of another quantity than the line', 'hold', data('StockHeld', { quantity: 2, held: 2 })],
  ['a line of an accepted order is not held', 'hold', data('StockHeld', { product_id: 'pear' })],
  ['a hold is given back that never was', 'hold', data('StockReleased', { order_id: uuid(1) })],
  ['the wrong quantity is given back', 'hold', data('StockReleased', { quantity: 2 })],
  ['an order is cancelled that is not there', 'order', data('OrderCancelled', { order_id: uuid(1) })],
  ['an order is decided twice', 'order', data('OrderAccepted', { order_id: uuid(1_003) }, 1)],
  ['a total is wrong', 'price', data('OrderAccepted', { total: money(1) })],
  [
    'a price is not that of the product',
    'price',
    (events) => {
      const [{ data: order } = { data: null }] = events.filter((event) => event.type === 'OrderAccepted');
      const lines = order?.lines.map((line) => ({ ...line, unit_price: money(1), total: money(1) }));
      return data('OrderAccepted', { lines, total: money(2) })(events);
    },
  ],
  ['a customer is another one', 'command', data('OrderAccepted', { customer_id: 'd' })],
  ['a refused order was short of less', 'shortage', data('OrderRefused', { shortages: [] })],
  ['a product is made twice', 'stock', (events) => swapFirst(events, 'apple')],
  ['a change without a change names what was there', 'key', data('CommandRepeated', { first_offset: -1 }, 1)],
  ['a product is not what was asked for', 'command', data('ProductCreated', { name: 'plum' })],
  ['a command_id is another one', 'command', meta('StockAdjusted', { command_id: uuid(77) })],
  ['a log time is another one', 'command', meta('StockAdjusted', { at: noon + 1 })],
  ['nobody is answered', 'command', meta('OrderAccepted', { answers: null })],
  ['poison was decided', 'command', data('CommandRefused', { reason: 'unknown_product' }, 1)],
  ['an offset without a record was decided', 'command', meta('CommandRefused', { command_id: uuid(1) }, 2)],
  ['an outcome is not remembered', 'key', meta('OrderAccepted', { remember: null })],
  ['a repeat tells of another event', 'key', data('CommandRepeated', { first_offset: 1 })],
  ['a second cancellation repeats what never was', 'key', data('CommandRepeated', { first_offset: 1 }, 1)],
  [
    'genesis is there again',
    'genesis',
    (events) => [
      ...events,
      { ...genesisLike(events), type: 'LedgerOpened', data: { ledger_id: nilUuid, partitions: 1 } },
    ],
  ],
];

/** The second product takes the id of another one. */
function swapFirst(events: EventRecord[], product_id: string): EventRecord[] {
  return data('ProductCreated', { product_id }, 1)(events);
}

function genesisLike([first]: readonly EventRecord[]): Pick<EventRecord, 'meta'> {
  if (first === undefined) throw new Error('there is no history');
  return { meta: { ...first.meta, command_offset: -1, index: 0, count: 1 } };
}

/** A record that counts and holds no event. */
function strange(offset: number) {
  return { value: Buffer.from('no event'), headers: { [positionHeader]: positionOf(offset, []) } };
}

describe('an audit', () => {
  test('finds nothing in what the ledger decides, and says what it read', async () => {
    const report = await auditOf(usual, history, { loose: 2 });
    expect(report.findings).toEqual([]);
    expect(report).toMatchObject({ ok: true, findings_total: 0, warnings: [], unchecked: [] });
    const events = history.length + 1;
    expect(report.partitions).toEqual([{ partition: 0, commands: usual.length, events, voids: 2, undecided: 0 }]);
  });

  test.each(broken)('finds that %s', async (_what, rule, tamper) => {
    const report = await auditOf(usual, tamper([...history]));
    expect(report.ok).toBe(false);
    expect(report.findings.map((finding) => finding.rule)).toContain(rule);
    for (const { topic, partition } of report.findings) expect([topic, partition]).toEqual([expect.any(String), 0]);
  });

  test('is silent about changes that change nothing, and finds one that was wanted and not made', async () => {
    const same = adjust(2, 0);
    const asked = [create(1, 'apple', 5), same, adjust(3, 2)];
    const events = await decided(asked);
    expect(events.map(({ type }) => type)).toEqual(['ProductCreated', 'CommandRepeated', 'StockAdjusted']);
    expect((await auditOf(asked, events)).findings).toEqual([]);
    const { findings } = await auditOf([create(1, 'apple', 5), adjust(2, 1), adjust(3, 2)], events);
    const text: unknown = expect.stringContaining('repeats StockAdjusted at -1, which is not there');
    expect(findings).toContainEqual(expect.objectContaining({ rule: 'key', text }));
  });

  test('finds a record that is no event of ours, and a history whose beginning is gone', async () => {
    const unreadable = await auditOf(usual, history, {
      tamper: (log) => log.inject(topics.events, 0, [strange(history.length + 1)]),
    });
    expect(unreadable.findings).toEqual([expect.objectContaining({ rule: 'readable', offset: history.length + 1 })]);
    const shortened = await auditOf(usual, history, { tamper: (log) => log.cut(topics.events, 0, { low: 2 }) });
    expect(shortened.findings.map(({ rule }) => rule)).toEqual(expect.arrayContaining(['history', 'genesis', 'dense']));
    const forgotten = await auditOf(usual, history, { tamper: (log) => log.cut(topics.commands, 0, { low: 1 }) });
    expect(forgotten.findings).toContainEqual(expect.objectContaining({ rule: 'history', topic: 'commands' }));
  });

  test('finds a second decision under a key, and a reuse of it that was decided', async () => {
    const twice = await decided([create(1, 'apple', 5), place(3, ['apple']), place(4, ['apple'])]);
    const commands = [create(1, 'apple', 5), place(3, ['apple']), place(3, ['apple'])];
    const repeated = twice.map((event) => {
      const other = event.meta.command_offset === 2;
      return other ? { ...event, meta: { ...event.meta, command_id: uuid(3) } } : event;
    });
    const report = await auditOf(commands, repeated);
    const text: unknown = expect.stringContaining('was decided again');
    expect(report.findings).toContainEqual(expect.objectContaining({ rule: 'key', text }));
  });

  test('names the record at which it begins', async () => {
    const at = history.findIndex(({ type }) => type === 'StockAdjusted') + 1;
    const { findings } = await auditOf(usual, data('StockAdjusted', { on_hand: 7 })([...history]));
    expect(findings[0]).toMatchObject({ topic: 'events', partition: 0, offset: at });
  });

  test('counts commands behind the journal, and finds them at rest', async () => {
    const commands = [...usual, adjust(20, 1), cancel(21, 3)];
    const running = await auditOf(commands, history, { atRest: false });
    expect(running).toMatchObject({ ok: true, partitions: [{ undecided: 2 }] });
    const { findings } = await auditOf(commands, history);
    expect(findings).toEqual([expect.objectContaining({ rule: 'undecided', topic: 'commands', offset: usual.length })]);
  });

  test('finds an outcome of a command that is not there', async () => {
    const { findings } = await auditOf(usual.slice(0, -1), history);
    expect(findings).toEqual([expect.objectContaining({ rule: 'command', offset: history.length })]);
  });

  test('tells a broken level once, not at every event after it', async () => {
    const { findings } = await auditOf(usual, data('StockHeld', { held: 2 })([...history]));
    expect(findings.filter(({ rule }) => rule === 'stock').length).toBeLessThanOrEqual(2);
  });
});
