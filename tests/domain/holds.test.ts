// Orders over several partitions: what is asked, answered and settled, and what an order becomes of it.
import { describe, expect, test } from '@jest/globals';
import type { AnswerHold, Command, HoldRefusal, LedgerEvent } from '../../schemas/generated.ts';
import { decide } from '../../src/domain/decider.ts';
import { messagesOf, recordOf } from '../../src/domain/messages.ts';
import { unsent } from '../../src/domain/overlay.ts';
import { partitionOf } from '../../src/domain/partitioner.ts';
import { stateCodec } from '../../src/domain/snapshot.ts';
import type { Told } from './given.ts';
import {
  archived,
  asked,
  created,
  given,
  held,
  place,
  print,
  released,
  repeatOf,
  start,
  told,
  usd,
  uuid,
} from './given.ts';

const partitions = 3;
const opened: LedgerEvent = { type: 'LedgerOpened', data: { ledger_id: uuid(1), partitions } };
// The order lives with `apple`; `lemon` and `grape` live in two other partitions.
const [home, far, near] = ['apple', 'lemon', 'grape'].map((id) => partitionOf(id, partitions)) as [
  number,
  number,
  number,
];
const order_id = uuid(5);
const wanted = [
  ['apple', 2],
  ['grape', 1],
  ['lemon', 3],
] as const;
const asking = place(5, wanted);
const placed: LedgerEvent = {
  type: 'OrderPlaced',
  data: {
    order_id,
    customer_id: 'cem',
    lines: [
      { product_id: 'apple', quantity: 2, priority: 'normal', elsewhere: null, unit_price: usd(250) },
      { product_id: 'grape', quantity: 1, priority: 'normal', elsewhere: near, unit_price: null },
      { product_id: 'lemon', quantity: 3, priority: 'normal', elsewhere: far, unit_price: null },
    ],
    currency: 'USD',
    priority: 'normal',
    payment: 'automatic',
    reference: null,
    metadata: {},
    expires_after_s: 900,
    repeat_window_s: 0,
    version: 1,
  },
};
const remember = { fingerprint: print(1), for_s: 86_400 };
const first = { command_id: uuid(1), command_offset: 3, remember, reply_to: [uuid(60)] };
const reserving: readonly Told[] = [opened, created('apple'), held('apple', 5, 2, 10, 2), { ...placed, meta: first }];

const price = (product_id: string, amount: number) => ({ product_id, unit_price: usd(amount) });
function answer(from: number, offset: number, what: Partial<AnswerHold>): Command {
  const data = { order_id, offset: 40 + from, prices: [], refusal: null, ...what };
  return { type: 'AnswerHold', data: { ...data, source: { partition: from, command_offset: offset } } };
}
const short: HoldRefusal = {
  reason: 'out_of_stock',
  detail: '',
  product: null,
  shortages: [{ product_id: 'lemon', requested: 3, available: 2 }],
};
const heard = (partition: number, prices: AnswerHold['prices'], refusal: HoldRefusal | null = null): Told => ({
  type: 'HoldAnswered',
  data: { order_id, partition, offset: 40 + partition, prices, refusal },
  meta: { source: { partition, command_offset: 9 } },
});

test('the products of these tests live in three partitions', () => {
  expect(new Set([home, far, near]).size).toBe(3);
});

describe('at home', () => {
  test('own lines are held, the others asked for, and the callers wait', () => {
    const { decision } = given(opened, created('apple'))
      .when(asking)
      .then(held('apple', 5, 2, 10, 2), placed);
    expect(decision).toMatchObject({ answer: 1, remember: true, waits: true });
  });

  test('whoever is short at home refuses at once and asks nobody', () => {
    const { decision } = given(opened, created('apple', { stock: 1 })).when(asking);
    expect(decision.events).toMatchObject([
      { type: 'OrderRefused', data: { reason: 'out_of_stock', settles: [], shortages: [{ product_id: 'apple' }] } },
    ]);
    expect(decision.events.flatMap((event) => messagesOf(told(event, 9)))).toEqual([]);
  });

  test('one message goes to each partition, with all its lines, and is kept until it is known to be sent', () => {
    const { state } = given(...reserving);
    expect(unsent(state).map(({ target, command }) => [target, command])).toEqual([
      [near, { type: 'HoldStock', data: { order_id, currency: 'USD', lines: [{ product_id: 'grape', quantity: 1 }] } }],
      [far, { type: 'HoldStock', data: { order_id, currency: 'USD', lines: [{ product_id: 'lemon', quantity: 3 }] } }],
    ]);
    const [message] = unsent(state);
    if (message === undefined) throw new Error('there is no message');
    expect(recordOf(message, home)).toMatchObject({
      data: { source: { partition: home, command_offset: 3 } },
      meta: { made_at: -1, reply_to: null, command_id: expect.stringMatching(/^[0-9a-f]{8}-0000-8000-8000-0{11}3$/) },
    });
    const sentTo = (sent: number) => unsent(given(...reserving, { ...created('pear'), meta: { sent } }).state);
    expect([sentTo(2).length, sentTo(3).length]).toEqual([2, 0]);
  });

  test('an answer that is not the last is taken down; a repeat of the order adds its waiters', () => {
    given(...reserving)
      .when(answer(near, 9, { prices: [price('grape', 100)] }))
      .then({
        type: 'HoldAnswered',
        data: { order_id, partition: near, offset: 40 + near, prices: [price('grape', 100)], refusal: null },
      });
    const again = given(...reserving).when({ ...asking, meta: { reply_to: uuid(61) } });
    again.then(repeatOf({ order_id }, 3, 'OrderPlaced'));
    expect(again.decision).toMatchObject({ waits: true, remember: false });
    const waiting: Told = { ...repeatOf({ order_id }, 3, 'OrderPlaced'), meta: { reply_to: [uuid(61)] } };
    const { decision } = given(...reserving, waiting, heard(near, [price('grape', 100)])).when(
      answer(far, 9, { prices: [price('lemon', 10)] }),
    );
    expect(decision.awaited).toEqual({
      command_id: uuid(1),
      placed_at: 3,
      reply_to: [uuid(60), uuid(61)],
      remember,
    });
  });

  test('the last answer accepts the order, with the prices of all', () => {
    const { decision } = given(...reserving, heard(near, [price('grape', 100)])).when({
      ...answer(far, 9, { prices: [price('lemon', 10)] }),
      at: start + 50,
    });
    expect(decision.events).toMatchObject([
      {
        type: 'OrderAccepted',
        data: {
          lines: [
            { product_id: 'apple', unit_price: usd(250), total: usd(500) },
            { product_id: 'grape', unit_price: usd(100), total: usd(100) },
            { product_id: 'lemon', unit_price: usd(10), total: usd(30) },
          ],
          total: usd(630),
          version: 2,
          expires_at: start + 50 + 900_000,
          rests_on: [
            { partition: near, offset: 40 + near },
            { partition: far, offset: 40 + far },
          ],
        },
      },
    ]);
    expect(decision.remember).toBe(true);
  });

  test('one that is short refuses the order: what is held here is released, and those who hold are told', () => {
    const { decision } = given(...reserving, heard(near, [price('grape', 100)])).when(
      answer(far, 9, { prices: [price('lemon', 10)], refusal: short }),
    );
    expect(decision.events).toMatchObject([
      { type: 'OrderRefused', data: { reason: 'out_of_stock', shortages: short.shortages, settles: [near] } },
      released('apple', 5, 2, 10, 0),
    ]);
    const [refused] = decision.events;
    if (refused === undefined) throw new Error('nothing was decided');
    expect(messagesOf(told(refused, 50)).map(({ target, command }) => [target, command])).toEqual([
      [near, { type: 'SettleHold', data: { order_id, settlement: 'released' } }],
    ]);
  });

  test('what no restock can mend comes before what is short', () => {
    const refusal = { reason: 'unknown_product', detail: 'There is none.', product: 'grape', shortages: [] };
    const { decision } = given(...reserving, heard(near, [], refusal)).when(answer(far, 9, { refusal: short }));
    expect(decision.events[0]).toMatchObject({
      type: 'OrderRefused',
      data: { reason: 'unknown_product', product: 'grape', shortages: [], settles: [] },
    });
  });

  test('an answer that comes twice is a repeat; one that nobody asked for is a fault', () => {
    const heardOnce = given(...reserving, heard(near, [price('grape', 100)]));
    heardOnce.when(answer(near, 9, {})).then(repeatOf({ order_id }, -1, 'AnswerHold'));
    heardOnce.when(answer(near, 8, {})).then(repeatOf({ order_id }, -1, 'AnswerHold'));
    expect(() => heardOnce.when(answer(near, 10, {}))).toThrow(/nobody asked/);
  });

  test('an order that waits can be neither cancelled nor paid', () => {
    const waiting = given(...reserving);
    waiting
      .when({
        type: 'CancelOrder',
        data: { order_id, expected_version: null, reason: null },
        meta: { command_id: uuid(2) },
      })
      .thenRefused('not_cancellable', { order_id });
    waiting
      .when({ type: 'RequestPayment', data: { order_id }, meta: { command_id: uuid(2) } })
      .thenRefused('not_payable', { order_id });
  });
});

test('a snapshot knows orders that wait, what was taken, and which messages are not sent', () => {
  const { state } = given(...reserving, heard(near, [price('grape', 100)]));
  const restoring = stateCodec.restore();
  for (const piece of stateCodec.encode(state)) restoring.add(piece);
  const copy = restoring.state();
  expect(unsent(copy)).toEqual(unsent(state));
  expect(unsent(copy)).toHaveLength(2);
  const last = asked(answer(far, 9, { prices: [price('lemon', 10)] }));
  expect(decide(copy, last)).toEqual(decide(state, last));
  expect(decide(copy, asked(answer(near, 9, {})))).toMatchObject({ events: [{ type: 'CommandRepeated' }] });
});

describe('where a line lives', () => {
  const source = { partition: 7, command_offset: 20 };
  const hold = (lines: readonly { product_id: string; quantity: number }[], currency = 'USD'): Command => ({
    type: 'HoldStock',
    data: { order_id, currency, lines, source },
  });
  const both = [
    { product_id: 'cup', quantity: 2 },
    { product_id: 'mug', quantity: 1 },
  ];
  const granted: LedgerEvent = {
    type: 'StockHoldGranted',
    data: { order_id, prices: [price('cup', 250), price('mug', 250)] },
  };
  const meta = { source };
  const holding: readonly Told[] = [
    created('cup'),
    created('mug'),
    { ...held('cup', 5, 2, 10, 2), meta },
    { ...held('mug', 5, 1, 10, 1), meta },
    { ...granted, meta },
  ];

  test('all lines are held, and the answer goes where the question came from', () => {
    given(created('cup'), created('mug'))
      .when(hold(both))
      .then(held('cup', 5, 2, 10, 2), held('mug', 5, 1, 10, 1), granted);
    expect(messagesOf(told({ ...granted, meta }, 4))).toMatchObject([
      { target: 7, command: { type: 'AnswerHold', data: { offset: 4, refusal: null } } },
    ]);
  });

  test.each<[string, Told[], Command, object]>([
    ['short', [created('cup', { stock: 1 }), created('mug')], hold(both), { reason: 'out_of_stock' }],
    ['unknown', [created('cup')], hold(both), { reason: 'unknown_product', product: 'mug', shortages: [] }],
    ['archived', [created('cup'), created('mug'), archived('mug')], hold(both), { reason: 'product_archived' }],
    ['in another currency', [created('cup'), created('mug')], hold(both, 'EUR'), { reason: 'mixed_currencies' }],
  ])('nothing is held where one is %s', (_what, events, command, refusal) => {
    expect(given(...events).when(command).decision.events).toMatchObject([
      { type: 'StockHoldRefused', data: { refusal } },
    ]);
  });

  test.each([
    ['sold', 'StockSold', 8, 9],
    ['released', 'StockReleased', 10, 10],
  ] as const)('what is held is %s once', (settlement, type, cups, mugs) => {
    const settle = (command_offset: number): Command => {
      return { type: 'SettleHold', data: { order_id, settlement, source: { ...source, command_offset } } };
    };
    const { decision } = given(...holding).when(settle(21));
    const moved = { order_id, held: 0 };
    expect(decision.events).toEqual([
      { type, data: { ...moved, product_id: 'cup', quantity: 2, on_hand: cups } },
      { type, data: { ...moved, product_id: 'mug', quantity: 1, on_hand: mugs } },
    ]);
    const later = { source: { ...source, command_offset: 21 } };
    const settled = given(...holding, ...decision.events.map((event): Told => ({ ...event, meta: later })));
    settled.when(settle(21)).then(repeatOf({ order_id }, -1, 'SettleHold'));
    expect(() => settled.when(settle(22))).toThrow(/holds nothing/);
  });
});
