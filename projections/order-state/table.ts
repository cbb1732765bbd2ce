// Tables of the projection order-state: orders as they are now, and their lines for finding orders by product.
import type { Table } from '../projection.ts';

export const orders: Table = {
  name: 'orders',
  doc: 'Orders as they are now; refused ones included.',
  columns: {
    order_id: { type: 'text', doc: 'The order.' },
    customer_id: { type: 'text', doc: 'Who ordered.' },
    status: { type: 'text', doc: 'RESERVING, PENDING, PROCESSING, PAID, FULFILLING, COMPLETED, REFUSED, CANCELLED, …' },
    status_reason: { type: 'text', doc: 'Why it has this status: a code such as out_of_stock, or words of people.' },
    refused: {
      type: 'boolean',
      doc: 'Whether the status is REFUSED: lists leave these out and must not wade through them.',
    },
    lines: { type: 'jsonb', doc: 'What was ordered, one element a product, as the API shows it.' },
    total_amount: { type: 'bigint', doc: 'Sum of the lines in minor units of the currency.' },
    total_currency: { type: 'text', doc: 'ISO 4217 code of the sum and of every line.' },
    priority: { type: 'text', doc: "The highest of the order's and its lines' priorities." },
    payment: { type: 'text', doc: 'Who starts the payment: automatic or manual.' },
    reference: { type: 'text', doc: "The client's own name for the order." },
    metadata: { type: 'jsonb', doc: "The client's own notes." },
    shortages: { type: 'jsonb', doc: 'Of a refused order: every product that was short, asked for and available.' },
    created_at: { type: 'timestamptz', doc: 'Log time of the decision.' },
    updated_at: { type: 'timestamptz', doc: 'Log time of the last change.' },
    expires_at: { type: 'timestamptz', doc: 'When it may expire unpaid.' },
    cancelled_at: { type: 'timestamptz', doc: 'Log time of the cancellation.' },
    version: { type: 'bigint', doc: 'Counts the changes of the order, from 1.' },
    partition: { type: 'integer', doc: 'Journal partition of the order.' },
    journal_offset: { type: 'bigint', doc: 'Offset of the last event that changed the row.' },
  },
  key: ['order_id'],
  indexes: [
    ['refused', 'created_at', 'order_id'],
    ['customer_id', 'refused', 'created_at', 'order_id'],
    ['status', 'created_at', 'order_id'],
    ['reference', 'created_at', 'order_id'],
  ],
};

export const orderLines: Table = {
  name: 'order_lines',
  doc: 'Lines of the orders, one a product.',
  columns: {
    order_id: { type: 'text', doc: 'The order.' },
    product_id: { type: 'text', doc: 'The product.' },
    quantity: { type: 'bigint', doc: 'Units.' },
    unit_price_amount: {
      type: 'bigint',
      doc: 'Price of one unit at the moment of the hold, in minor units; null while nobody has said it.',
    },
    total_amount: { type: 'bigint', doc: 'Price of all units, in minor units; null like the price of one.' },
    currency: { type: 'text', doc: 'ISO 4217 code of both.' },
    priority: { type: 'text', doc: 'Urgency of the line.' },
    refused: { type: 'boolean', doc: 'Whether the order was refused.' },
    created_at: { type: 'timestamptz', doc: 'Log time of the decision on the order.' },
    partition: { type: 'integer', doc: 'Journal partition of the order.' },
    journal_offset: { type: 'bigint', doc: 'Offset of the last event that changed the row.' },
  },
  key: ['order_id', 'product_id'],
  indexes: [['product_id', 'refused', 'created_at', 'order_id']],
};
