// The audit over partitions: what they tell each other is taken once and in order, and an order is what all of them said.
// Every rule is silent on what the ledger decides, and finds the one event that was changed.
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { CommandRecord, EventRecord } from '../../schemas/records.ts';
import type { RuleName } from '../../src/cli/audit/findings.ts';
import { noon, uuid } from '../log/fixture.ts';
import type { PartitionHistory } from './apart.ts';
import { auditApart, decidedApart } from './apart.ts';

let histories: readonly PartitionHistory[];

beforeAll(async () => {
  histories = await decidedApart();
});

type Type = EventRecord['type'];
type Change = (all: readonly PartitionHistory[]) => readonly PartitionHistory[];

/** Changes the nth event of a type, in whichever partition it lies. */
function change<T extends Type>(type: T, how: (event: Extract<EventRecord, { type: T }>) => object, nth = 0): Change {
  return (all) => {
    const found = all.flatMap(({ events }) =>
      events.filter((event): event is Extract<EventRecord, { type: T }> => event.type === type),
    )[nth];
    if (found === undefined) throw new Error(`there is no ${type} number ${nth}`);
    const changed = (event: EventRecord): EventRecord => (event === found ? { ...event, ...how(found) } : event);
    return all.map(({ commands, events }) => ({ commands, events: events.map(changed) }));
  };
}

const data = <T extends Type>(type: T, values: object, nth = 0): Change =>
  change(type, (event) => ({ data: { ...event.data, ...values } }), nth);
const meta = <T extends Type>(type: T, values: object, nth = 0): Change =>
  change(type, (event) => ({ meta: { ...event.meta, ...values } }), nth);

/** A partition as it was before its last so many commands. */
const cut =
  (partition: number, commands: number): Change =>
  (all) =>
    all.map((one, i) => {
      if (i !== partition) return one;
      const left = one.commands.slice(0, one.commands.length - commands);
      return { commands: left, events: one.events.filter(({ meta: { command_offset: at } }) => at < left.length) };
    });

const other = { partition: 1, command_offset: 99 };
const prices = [{ product_id: 'dates', unit_price: { amount: 1, currency: 'USD' } }];
/** The first message that partition 1 took comes from another command than the one that sent it. */
const fromElsewhere: Change = ([home, away]) => {
  if (home === undefined || away === undefined) throw new Error('there are two partitions');
  const at = away.commands.findIndex(({ type }) => type === 'HoldStock');
  const source = { partition: 0, command_offset: 0 };
  const commands = away.commands.map((one, i): CommandRecord => {
    return i === at && one.type === 'HoldStock' ? { ...one, data: { ...one.data, source } } : one;
  });
  const events = away.events.map((event): EventRecord => {
    return event.meta.command_offset === at ? { ...event, meta: { ...event.meta, source } } : event;
  });
  return [home, { commands, events }];
};

const broken: readonly [string, RuleName, RegExp, Change][] = [
  ['a message was never taken', 'message', /was not taken/, cut(1, 1)],
  [
    'a message was taken that nobody sent',
    'message',
    /took the message of command 0 .*, command 1 was next/,
    fromElsewhere,
  ],
  [
    'the outcome of a message names another source',
    'message',
    /another source/,
    meta('StockHoldGranted', { source: other }),
  ],
  ['a hold is granted at another price', 'message', /names the prices/, data('StockHoldGranted', { prices })],
  ['a hold is refused with other shortages', 'message', /names the shortages/, refusal({ shortages: [] })],
  [
    'an answer is taken down wrongly, and so is the order',
    'command',
    /another rests_on/,
    data('OrderAccepted', { rests_on: [] }),
  ],
  [
    'an order comes to another total',
    'price',
    /another total/,
    data('OrderAccepted', { total: prices[0]?.unit_price }),
  ],
  [
    'an order loses a line',
    'hold',
    /without all its lines/,
    change('OrderAccepted', (event) => ({ data: { ...event.data, lines: event.data.lines.slice(1) } })),
  ],
  ['an order goes on to another version', 'order', /from version 1 to 7/, data('OrderAccepted', { version: 7 })],
  ['an order expires at another time', 'command', /expires at/, data('OrderAccepted', { expires_at: noon })],
  ['a refusal names other shortages', 'shortage', /names the shortages/, data('OrderRefused', { shortages: [] })],
  [
    'a refusal has a reason that nobody gave',
    'shortage',
    /no partition said so/,
    data('OrderRefused', { reason: 'unknown_product' }),
  ],
  ['a refusal settles what is not held', 'hold', /lines are held in/, data('OrderRefused', { settles: [1] })],
  ['a cancellation tells nobody', 'hold', /its lines lie in/, data('OrderCancelled', { settles: [] })],
  ['a payment tells nobody', 'hold', /its lines lie in/, data('OrderPaid', { settles: [] })],
  [
    'the end of an order is not remembered',
    'key',
    /not remembered as its beginning/,
    meta('OrderAccepted', { remember: null }),
  ],
  ['the end of an order answers a stranger', 'key', /nobody waits/, meta('OrderAccepted', { reply_to: [uuid(5)] })],
  [
    'a line is asked of the wrong partition',
    'home',
    /which lives in 1/,
    change('OrderPlaced', (event) => ({
      data: { ...event.data, lines: event.data.lines.map((line) => ({ ...line, elsewhere: null })) },
    })),
  ],
  [
    'a product lies in a partition that is not its own',
    'home',
    /lives in partition 1/,
    data('ProductCreated', { product_id: 'dates' }),
  ],
  [
    'a payment begins that nobody asked for',
    'order',
    /nobody asked for its payment/,
    data('PaymentRequested', { order_id: uuid(1) }),
  ],
  ['a payment is of another attempt', 'command', /attempt_id/, data('OrderPaid', { attempt_id: uuid(1) })],
  ['a payment is of another amount', 'command', /total/, data('OrderPaid', { total: { amount: 1, currency: 'USD' } })],
];

/** Changes the refusal of the last hold. */
function refusal(values: object): Change {
  return change('StockHoldRefused', (event) => ({
    data: { ...event.data, refusal: { ...event.data.refusal, ...values } },
  }));
}

describe('an audit over two partitions', () => {
  test('finds nothing in what they decide together', async () => {
    const report = await auditApart(histories);
    expect(report.findings).toEqual([]);
    expect(report).toMatchObject({ ok: true, warnings: [], unchecked: [] });
    const types = new Set(histories.flatMap(({ events }) => events.map(({ type }) => type)));
    // Without these the cases below would change nothing of what they are about.
    for (const type of ['OrderPlaced', 'StockHoldRefused', 'OrderCancelled', 'OrderPaid', 'OrderRefused'] as const) {
      expect(types).toContain(type);
    }
  });

  test.each(broken)('finds that %s', async (_what, rule, text, tamper) => {
    const { ok, findings } = await auditApart(tamper(histories));
    expect(ok).toBe(false);
    expect(findings).toContainEqual(expect.objectContaining({ rule, text: expect.stringMatching(text) }));
  });

  test('takes an order that waits for another partition for work in hand, and at rest for lost', async () => {
    // The partition that is asked decides nothing after its product.
    const [home, away] = histories;
    if (home === undefined || away === undefined) throw new Error('there are two partitions');
    const waiting = [
      { commands: home.commands.slice(0, 2), events: home.events.filter(({ meta: { command_offset: at } }) => at < 2) },
      { commands: away.commands.slice(0, 1), events: away.events.filter(({ meta: { command_offset: at } }) => at < 1) },
    ];
    const running = waiting.map((one) => ({
      ...one,
      events: one.events.map((event) => ({ ...event, meta: { ...event.meta, sent: -1 } })),
    }));
    expect((await auditApart(running, false)).findings).toEqual([]);
    const { findings } = await auditApart(waiting);
    const text = expect.stringMatching(/is RESERVING although nothing is under way/);
    expect(findings).toContainEqual(expect.objectContaining({ rule: 'hold', partition: 0, text }));
  });
});
