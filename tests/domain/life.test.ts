// The life of an order after it was accepted: paid, failed, expired; what is asked twice, late or wrongly changes nothing.
import { describe, expect, test } from '@jest/globals';
import type { Command, LedgerEvent, RecordPayment } from '../../schemas/generated.ts';
import type { Told } from './given.ts';
import { accepted, cancelled, given, held, ordered, released, repeatOf, shop, start, usd, uuid } from './given.ts';

const order_id = uuid(5);
const attempt_id = uuid(77);
const lines = [
  ['cup', 7],
  ['mug', 1],
] as const;
const owned = { order_id, customer_id: 'cem' };
const request: Command = { type: 'RequestPayment', data: { order_id } };
const begin: Command = { type: 'BeginProcessing', data: { order_id, attempt_id } };
const expire: Command = { type: 'ExpireOrder', data: { order_id } };
const record = (data: Partial<RecordPayment> = {}): Command => {
  const captured = { result: 'captured', amount: usd(2_000), reason: null, gateway_reference: 'ch_1' } as const;
  return { type: 'RecordPayment', data: { order_id, attempt_id, ...captured, ...data } };
};
const requested: LedgerEvent = {
  type: 'PaymentRequested',
  data: { ...owned, total: usd(2_000), priority: 'normal', version: 2 },
};
const processing = (version = 2): LedgerEvent => ({
  type: 'OrderProcessing',
  data: { ...owned, attempt_id, total: usd(2_000), priority: 'normal', version },
});
const sold = (product_id: string, quantity: number, on_hand: number): LedgerEvent => ({
  type: 'StockSold',
  data: { product_id, order_id, quantity, on_hand, held: 0 },
});
const paid: LedgerEvent = {
  type: 'OrderPaid',
  data: {
    ...owned,
    attempt_id,
    lines: lines.map(([product_id, quantity]) => {
      return { product_id, quantity, unit_price: usd(250), total: usd(250 * quantity), priority: 'normal' };
    }),
    total: usd(2_000),
    gateway_reference: 'ch_1',
    version: 3,
    settles: [],
  },
};
const failed: LedgerEvent = {
  type: 'OrderFailed',
  data: { ...owned, attempt_id, reason: 'card_declined', total: usd(2_000), version: 3, settles: [] },
};
const expired: LedgerEvent = { type: 'OrderExpired', data: { ...owned, total: usd(2_000), version: 2, settles: [] } };
const freed = [released('cup', 5, 7, 10, 0), released('mug', 5, 1, 4, 0)] as const;
const manual: readonly Told[] = [
  ...shop,
  held('cup', 5, 7, 10, 7),
  held('mug', 5, 1, 4, 1),
  accepted(5, lines, { payment: 'manual' }),
];

describe('the payment of an order', () => {
  test('begins by itself, is open, and sells what is held when it is captured', () => {
    const begun = given(...ordered)
      .when(begin)
      .then(processing());
    expect(begun.decision.remember).toBe(false);
    given(...ordered, processing())
      .when(record())
      .then(paid, sold('cup', 7, 3), sold('mug', 1, 3));
  });

  test('that is declined releases what is held', () => {
    given(...ordered, processing())
      .when(record({ result: 'declined', amount: null, reason: 'card_declined' }))
      .then(failed, ...freed);
  });

  test('of a manual order begins only when somebody asks for it, once', () => {
    given(...manual)
      .when(begin)
      .thenRefused('not_processable', { order_id });
    given(...manual)
      .when(request)
      .then(requested);
    const asked = given(...manual, requested);
    asked.when(request).then(repeatOf({ order_id }, 6, 'PaymentRequested'));
    asked.when(begin).then(processing(3));
  });

  test('can be asked for where it begins by itself, or is open, or over', () => {
    given(...ordered)
      .when(request)
      .then(repeatOf({ order_id }, 5, 'OrderAccepted'));
    given(...ordered, processing())
      .when(request)
      .then(repeatOf({ order_id }, 6, 'OrderProcessing'));
    given(...ordered, processing(), paid)
      .when(request)
      .then(repeatOf({ order_id }, 7, 'OrderPaid'));
  });

  test.each<[string, readonly Told[]]>([
    ['CANCELLED', [...ordered, cancelled(5), ...freed]],
    ['FAILED', [...ordered, processing(), failed, ...freed]],
    ['EXPIRED', [...ordered, expired, ...freed]],
  ])('cannot be asked for or begin when the order is %s', (_status, events) => {
    given(...events)
      .when(request)
      .thenRefused('not_payable', { order_id });
    given(...events)
      .when(begin)
      .thenRefused('not_processable', { order_id });
  });

  test('is one attempt: the same one again is a repeat, another one is refused', () => {
    const open = given(...ordered, processing());
    open.when(begin).then(repeatOf({ order_id }, 6, 'OrderProcessing'));
    const other: Command = { type: 'BeginProcessing', data: { order_id, attempt_id: uuid(78) } };
    open.when(other).thenRefused('not_processable', { order_id });
    expect(open.when(other).decision.remember).toBe(false);
  });

  test.each<[string, Partial<RecordPayment>, string]>([
    ['of another attempt', { attempt_id: uuid(78) }, 'wrong_attempt'],
    ['over another amount', { amount: usd(1_999) }, 'wrong_amount'],
    ['in another currency', { amount: { amount: 2_000, currency: 'EUR' } }, 'wrong_amount'],
    ['over no amount', { amount: null }, 'wrong_amount'],
  ])('does not end with a result %s', (_what, data, reason) => {
    given(...ordered, processing())
      .when(record(data))
      .thenRefused(reason, { order_id });
  });

  test('ends once: a result again is a repeat, another one is refused, a late one finds no order', () => {
    const over = given(...ordered, processing(), paid, sold('cup', 7, 3), sold('mug', 1, 3));
    over.when(record()).then(repeatOf({ order_id }, 7, 'OrderPaid'));
    over.when(record({ result: 'declined' })).thenRefused('wrong_attempt', { order_id });
    over.when({ ...record(), at: start + 600_000 }).thenRefused('unknown_order', { order_id });
    given(...ordered)
      .when(record())
      .thenRefused('wrong_attempt', { order_id });
  });

  test('that is open forbids to cancel', () => {
    given(...ordered, processing())
      .when({ type: 'CancelOrder', data: { order_id, expected_version: null, reason: null } })
      .thenRefused('not_cancellable', { order_id });
  });
});

describe('an order that is not paid', () => {
  test('expires at its time by the log, not before, and once', () => {
    given(...ordered)
      .when({ ...expire, at: start + 899_999 })
      .thenRefused('not_due', { order_id });
    given(...ordered)
      .when({ ...expire, at: start + 900_000 })
      .then(expired, ...freed);
    given(...ordered, expired, ...freed)
      .when(expire)
      .then(repeatOf({ order_id }, 6, 'OrderExpired'));
  });

  test('does not expire while its payment is open, however late it is', () => {
    given(...ordered, processing())
      .when({ ...expire, at: start + 9_000_000 })
      .thenRefused('not_due', { order_id });
  });
});

test('what workers ask has no limit of lateness', () => {
  given(...ordered)
    .when({ ...begin, meta: { made_at: -1 }, at: start + 10 ** 9 })
    .then(processing());
});
