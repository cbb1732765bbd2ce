// HTTP room: the shapes of requests and answers. Validation, types and the OpenAPI document all come from these.
import { Type } from 'typebox';
import type { Static, TSchema } from 'typebox';
import { Format } from 'typebox/format';
import type { Billing, Payment, Priority } from '../../schemas/generated.ts';
import type { OrderStatus } from '../../projections/views.ts';
import { productIdPattern } from './ids.ts';
import { problems } from './problems.ts';

const amountMax = 10 ** 12;
export const strict = { additionalProperties: false };
// Half of a surrogate pair is no text. As a format, because most readers of the document cannot read such a pattern.
Format.Set('well-formed', (value) => value.isWellFormed());
/** Any text that is one; Postgres cannot keep a NUL. */
export const anyText = { pattern: '^[^\\u0000]*$', format: 'well-formed' } as const;

const text = (minLength: number, maxLength: number, description: string) =>
  Type.String({ minLength, maxLength, ...anyText, description });
export const nullableText = (maxLength: number, description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength, ...anyText, description });
const nullableInteger = (minimum: number, maximum: number, description: string) =>
  Type.Unsafe<number | null>({ type: ['integer', 'null'], minimum, maximum, description });
export const choice = <T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>({ type: 'string', enum: [...values], description });
export const time = (description: string) => Type.String({ format: 'date-time', description });
const nullableTime = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time', description });
const nullableMoney = (description: string) =>
  Type.Unsafe<{ amount: number; currency: string } | null>({
    type: ['object', 'null'],
    required: ['amount', 'currency'],
    properties: { amount: { type: 'integer' }, currency: { type: 'string' } },
    description,
  });
/** Named in the OpenAPI document, so that clients get one type for it. */
export const named = (id: string, schema: TSchema): TSchema => ({ ...schema, $id: id });

const priorities: readonly Priority[] = ['low', 'normal', 'high', 'critical', 'max'];
const payments: readonly Payment[] = ['automatic', 'manual'];
const billings: readonly Billing[] = ['single', 'recurring'];
const orderStatuses: readonly OrderStatus[] = [
  'RESERVING',
  'PENDING',
  'PROCESSING',
  'PAID',
  'FULFILLING',
  'COMPLETED',
  'REFUSED',
  'CANCELLED',
  'FAILED',
  'EXPIRED',
];

export const productIdSchema = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: productIdPattern,
  description: 'Identity of a product.',
  examples: ['sku-1'],
});
export const customerIdSchema = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[A-Za-z0-9._@-]{1,64}$',
  description: 'Identity of a customer.',
  examples: ['customer-7'],
});
const moneySchema = Type.Object(
  {
    amount: Type.Integer({ minimum: 0, maximum: amountMax, description: 'Minor units of the currency (cents).' }),
    currency: Type.String({ minLength: 3, maxLength: 3, pattern: '^[A-Z]{3}$', description: 'ISO 4217 code.' }),
  },
  { ...strict, examples: [{ amount: 1999, currency: 'USD' }] },
);
const quantitySchema = Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Units.', examples: [1] });
const prioritySchema = choice(priorities, 'How urgent; `normal` where absent.');
const paymentSchema = choice(payments, 'Who starts the payment; `automatic` where absent.');
export const orderStatusSchema = choice(orderStatuses, 'Where the order stands.');
const metadataSchema = Type.Unsafe<{ readonly [key: string]: string }>({
  type: 'object',
  additionalProperties: { type: 'string', maxLength: 2_048, ...anyText },
  propertyNames: { maxLength: 2_048, ...anyText },
  maxProperties: 20,
  description: 'Own notes: at most 20 texts, 2 KB as JSON.',
});

export const placeOrderBody = Type.Object(
  {
    lines: Type.Array(
      Type.Object(
        { product_id: productIdSchema, quantity: quantitySchema, priority: Type.Optional(prioritySchema) },
        strict,
      ),
      { minItems: 1, maxItems: 100, description: 'What is ordered: all lines or none.' },
    ),
    customer_id: Type.Optional(customerIdSchema),
    priority: Type.Optional(prioritySchema),
    payment: Type.Optional(paymentSchema),
    metadata: Type.Optional(metadataSchema),
    reference: Type.Optional(nullableText(255, 'Own name of the order.')),
  },
  { ...strict, examples: [{ lines: [{ product_id: 'sku-1', quantity: 1 }], customer_id: 'customer-7' }] },
);
export const purchaseBody = Type.Object(
  {
    quantity: quantitySchema,
    customer_id: Type.Optional(customerIdSchema),
    priority: Type.Optional(prioritySchema),
    payment: Type.Optional(paymentSchema),
    metadata: Type.Optional(metadataSchema),
  },
  { ...strict, examples: [{ quantity: 1 }] },
);
export const createProductBody = Type.Object(
  {
    product_id: Type.Optional(productIdSchema),
    name: text(1, 255, 'Name for people.'),
    price: moneySchema,
    stock: nullableInteger(0, amountMax, 'Units on hand; null: the stock is not tracked.'),
    low_stock_threshold: Type.Optional(nullableInteger(0, amountMax, 'Available units at or below which it is low.')),
    billing: Type.Optional(choice(billings, 'Paid once or again and again; `single` where absent.')),
    frequency: Type.Optional(nullableText(64, 'How often a recurring product is billed.')),
  },
  {
    ...strict,
    examples: [{ product_id: 'sku-1', name: 'Lamp', price: { amount: 1999, currency: 'USD' }, stock: 100 }],
  },
);
export const changeProductBody = Type.Object(
  {
    name: Type.Optional(text(1, 255, 'New name.')),
    price: Type.Optional(moneySchema),
    low_stock_threshold: Type.Optional(nullableInteger(0, amountMax, 'New threshold; null takes it away.')),
  },
  { ...strict, minProperties: 1, examples: [{ price: { amount: 1799, currency: 'USD' } }] },
);
export const adjustStockBody = Type.Object(
  {
    delta: Type.Optional(
      Type.Integer({ minimum: -amountMax, maximum: amountMax, description: 'Units to add; negative to take away.' }),
    ),
    set_to: Type.Optional(Type.Integer({ minimum: 0, maximum: amountMax, description: 'Units on hand afterwards.' })),
    reason: text(1, 255, 'Why.'),
    reference: Type.Optional(nullableText(255, 'Own document: a delivery note, a count.')),
  },
  {
    ...strict,
    oneOf: [{ required: ['delta'] }, { required: ['set_to'] }],
    examples: [{ delta: 25, reason: 'delivery', reference: 'DN-4711' }],
  },
);
/** A request that says all it has to say in its path. */
export const noBody = Type.Unsafe<Record<string, never> | null | undefined>({
  type: ['object', 'null'],
  additionalProperties: false,
});

export const productParams = Type.Object({ product_id: productIdSchema });
export const orderParams = Type.Object({
  order_id: Type.String({ maxLength: 36, description: 'Identity of an order: a UUIDv8.' }),
});

const orderLineSchema = Type.Object({
  product_id: productIdSchema,
  quantity: Type.Integer({ description: 'Units; lines of one product are summed.' }),
  unit_price: nullableMoney('Price of one unit; null while the order is RESERVING and it is not known yet.'),
  total: nullableMoney('Price of all units; null like the price of one.'),
  priority: prioritySchema,
});

const findingSchema = Type.Object({
  rule: Type.String({ description: 'The rule that is broken.', examples: ['oversold'] }),
  topic: Type.String(),
  partition: Type.Unsafe<number | null>({ type: ['integer', 'null'] }),
  offset: Type.Unsafe<number | null>({ type: ['integer', 'null'], description: 'Where in the log.' }),
  text: Type.String(),
});

/** Shapes that the OpenAPI document names. */
export const namedSchemas = [
  named(
    'Order',
    Type.Object({
      order_id: Type.String({ format: 'uuid' }),
      customer_id: customerIdSchema,
      status: orderStatusSchema,
      status_reason: nullableText(255, 'Why it stands there.'),
      lines: Type.Array(orderLineSchema),
      total: nullableMoney('Sum of the lines; null while the order is RESERVING.'),
      priority: prioritySchema,
      payment: paymentSchema,
      reference: nullableText(255, 'Own name of the order.'),
      metadata: metadataSchema,
      created_at: time('Log time of the order.'),
      updated_at: time('Log time of its last change.'),
      expires_at: nullableTime('When it may expire unpaid.'),
      cancelled_at: nullableTime('When it was cancelled.'),
      version: Type.Integer({ description: '1 at first; counts its changes.' }),
    }),
  ),
  named(
    'Product',
    Type.Object({
      product_id: productIdSchema,
      name: Type.String(),
      price: moneySchema,
      on_hand: Type.Unsafe<number | null>({ type: ['integer', 'null'], description: 'null: not tracked.' }),
      held: Type.Integer({ description: 'Units held by orders.' }),
      available: Type.Unsafe<number | null>({ type: ['integer', 'null'], description: 'on_hand minus held.' }),
      tracked: Type.Boolean(),
      billing: choice(billings, 'Paid once or again and again.'),
      frequency: nullableText(64, 'How often a recurring product is billed.'),
      low_stock_threshold: Type.Unsafe<number | null>({ type: ['integer', 'null'] }),
      archived: Type.Boolean(),
      version: Type.Integer({ description: '1 at first; counts what people change.' }),
      created_at: time('Log time of its creation.'),
      updated_at: time('Log time of its last change.'),
    }),
  ),
  named(
    'Movement',
    Type.Object({
      product_id: productIdSchema,
      at: time('Log time.'),
      kind: choice(['created', 'adjusted', 'held', 'released', 'sold'], 'What moved the stock.'),
      quantity: Type.Integer({ description: 'Units moved.' }),
      on_hand: Type.Unsafe<number | null>({ type: ['integer', 'null'], description: 'Units on hand afterwards.' }),
      held: Type.Integer({ description: 'Units held afterwards.' }),
      reason: nullableText(255, 'Why.'),
      reference: nullableText(255, 'Own document.'),
      order_id: Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'uuid' }),
      position: Type.String({ description: 'Place in the journal: <partition>:<offset>.' }),
    }),
  ),
  named(
    'Undecided',
    Type.Object({
      order_id: Type.Optional(Type.String({ format: 'uuid' })),
      product_id: Type.Optional(productIdSchema),
      status: choice(['UNDECIDED'], 'The command is in the ledger and not decided yet.'),
    }),
  ),
  named(
    'AuditReport',
    Type.Object({
      ok: Type.Boolean({ description: 'Nothing was found, and everything could be checked.' }),
      ledger_id: Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'uuid' }),
      partitions: Type.Array(
        Type.Object({
          partition: Type.Integer(),
          commands: Type.Integer({ description: 'Commands in the log, undecided ones included.' }),
          events: Type.Integer({ description: 'Events that count.' }),
          voids: Type.Integer({ description: 'Records that count for nothing.' }),
          undecided: Type.Integer({ description: 'Commands without an outcome.' }),
        }),
      ),
      findings: Type.Array(findingSchema, { description: 'The first 1,000.' }),
      findings_total: Type.Integer(),
      warnings: Type.Array(findingSchema, { description: 'Strange, but no promise is broken.' }),
      projections: Type.Array(
        Type.Object({
          name: Type.String(),
          generation: Type.Integer(),
          rows: Type.Integer({ description: 'Rows that were compared.' }),
          equal: Type.Boolean({ description: 'Whether they are what the journal says.' }),
        }),
      ),
      snapshots: Type.Integer({ description: 'Snapshots of writers that were compared with the journal.' }),
      unchecked: Type.Array(Type.String(), { description: 'What could not be looked at, and why.' }),
      ms: Type.Integer({ description: 'How long it took.' }),
    }),
  ),
  named(
    'Problem',
    Type.Object({
      type: Type.String({ format: 'uri-reference', description: 'Leads to the explanation of the code.' }),
      title: Type.String(),
      status: Type.Integer(),
      detail: Type.String(),
      instance: Type.String(),
      code: choice(Object.keys(problems), 'What programs look at.'),
      trace_id: Type.String(),
      errors: Type.Optional(Type.Array(Type.Object({ detail: Type.String(), pointer: Type.String() }))),
      shortages: Type.Optional(
        Type.Array(Type.Object({ product_id: productIdSchema, requested: Type.Integer(), available: Type.Integer() })),
      ),
      order_id: Type.Optional(Type.String({ format: 'uuid' })),
      retry_after: Type.Optional(Type.Integer({ description: 'Seconds.' })),
    }),
  ),
] as const;

export type PlaceOrderBody = Static<typeof placeOrderBody>;
