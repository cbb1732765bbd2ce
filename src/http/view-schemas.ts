// HTTP room: the shapes of what is read of histories, sums and ranks, for the OpenAPI document.
import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import { customerIdSchema, productIdSchema } from './schemas.ts';

const named = (id: string, schema: TSchema): TSchema => ({ ...schema, $id: id });
const time = (description: string) => Type.String({ format: 'date-time', description });
const asOf = time('When it was read from the view.');
const count = (description: string) => Type.Integer({ minimum: 0, description });
const nullableInteger = (description: string) => Type.Unsafe<number | null>({ type: ['integer', 'null'], description });
const nullableText = (description: string) => Type.Unsafe<string | null>({ type: ['string', 'null'], description });
const money = Type.Object({ amount: Type.Integer({ description: 'Minor units.' }), currency: Type.String() });
const moneys = (description: string) => Type.Array(money, { description });
const day = Type.String({ format: 'date', description: 'The day, UTC.' });

const sums = {
  orders: count('Orders decided: accepted and refused.'),
  accepted: count('Orders accepted.'),
  refused: count('Orders refused.'),
  paid: count('Orders paid.'),
  failed: count('Orders whose payment was declined.'),
  cancelled: count('Orders cancelled.'),
  revenue: moneys('Of paid orders, by currency.'),
  average_order_value: moneys('revenue / paid, half up.'),
  unique_customers: count('Customers with an accepted order.'),
};

const rankedCustomer = {
  rank: Type.Integer({ minimum: 1 }),
  customer_id: customerIdSchema,
  name: nullableText('Name, where it is known.'),
  order_count: count('Paid orders.'),
  total: money,
};

/** Shapes that the OpenAPI document names. */
export const viewSchemas = [
  named(
    'OrderEvent',
    Type.Object({
      type: Type.String({ description: 'Name of the event.', examples: ['OrderAccepted'] }),
      at: time('Log time.'),
      position: Type.String({ description: 'Place in the journal: <partition>:<offset>.' }),
      command_id: Type.String({ format: 'uuid', description: 'Identity of the request that led to it.' }),
      actor: Type.String({ description: 'Who asked.' }),
      cause: Type.Object({
        command: Type.String({ description: 'Place of the command that caused it: <partition>:<offset>.' }),
        source: nullableText('Where that command was a message: the place of the command that sent it.'),
        trace_id: Type.String({ description: 'The trace that the command belongs to.' }),
      }),
      data: Type.Object({}, { additionalProperties: true, description: 'What the event says.' }),
    }),
  ),
  named(
    'OrderStatistics',
    Type.Object({
      total: count('Orders in all.'),
      by_status: Type.Record(Type.String(), Type.Integer(), {
        description: 'Orders by status; one that no order has is absent.',
      }),
      today: Type.Object({
        orders: sums.orders,
        accepted: sums.accepted,
        refused: sums.refused,
        paid: sums.paid,
        failed: sums.failed,
      }),
      revenue: sums.revenue,
      average_order_value: sums.average_order_value,
      as_of: asOf,
    }),
  ),
  named('DailyKpis', Type.Object({ date: day, ...sums, as_of: asOf })),
  named(
    'RangeKpis',
    Type.Object({
      start: day,
      end: day,
      days: Type.Array(Type.Object({ date: day, ...sums, as_of: asOf })),
      totals: Type.Object(sums, { description: 'Of all days together; customers are distinct over all of them.' }),
      as_of: asOf,
    }),
  ),
  named(
    'RealtimeKpis',
    Type.Object({
      pending: count('Orders that hold stock and are not paid.'),
      processing: count('Orders whose payment is under way.'),
      completed_today: count('Orders that came to their good end today: they were paid.'),
      failed_today: count('Orders whose payment was declined today.'),
      revenue_today: moneys('Of the orders paid today, by currency.'),
      as_of: asOf,
    }),
  ),
  named(
    'InventoryLevel',
    Type.Object({
      product_id: productIdSchema,
      name: Type.String(),
      on_hand: nullableInteger('null: not tracked.'),
      held: Type.Integer({ description: 'Units held by orders.' }),
      available: nullableInteger('on_hand minus held.'),
      low_stock_threshold: nullableInteger('Available units at or below which it is low.'),
      level: Type.Unsafe<string>({
        type: 'string',
        enum: ['in_stock', 'low', 'out'],
        description:
          '`out`: nothing is available; `low`: at or below the threshold; else, and where untracked, `in_stock`.',
      }),
    }),
  ),
  named(
    'InventorySummary',
    Type.Object({
      products: count('Products on offer.'),
      on_hand: Type.Integer({ description: 'Units on hand.' }),
      held: Type.Integer({ description: 'Units held by orders.' }),
      available: Type.Integer({ description: 'Units that can be ordered.' }),
      low: count('Products that are low.'),
      out: count('Products of which nothing is available.'),
      value: moneys('Units on hand at their present prices, by currency.'),
      sold_30d: count('Units sold on the last 30 days, today included.'),
      as_of: asOf,
    }),
  ),
  named('RankedCustomer', Type.Object(rankedCustomer)),
  named(
    'CustomerRank',
    Type.Object({
      ...rankedCustomer,
      neighbours: Type.Array(Type.Object(rankedCustomer), { description: 'Who is before and behind, by rank.' }),
      as_of: asOf,
    }),
  ),
  named(
    'RankedProduct',
    Type.Object({
      rank: Type.Integer({ minimum: 1 }),
      product_id: productIdSchema,
      name: nullableText('Name of the product.'),
      units: count('Units in paid orders.'),
      revenue: money,
    }),
  ),
] as const;
