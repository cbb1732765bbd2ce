// Tables of the projection leaderboards: what was paid, by customer and by product, each currency for itself.
import type { Table } from '../projection.ts';

export const customerTotals: Table = {
  name: 'customer_totals',
  doc: 'What each customer has paid, one row a currency.',
  columns: {
    currency: { type: 'text', doc: 'ISO 4217 code.' },
    customer_id: { type: 'text', doc: 'The customer.' },
    order_count: { type: 'bigint', doc: 'Paid orders.' },
    total: { type: 'bigint', doc: 'Sum of the paid orders in minor units of the currency.' },
  },
  key: ['currency', 'customer_id'],
  indexes: [],
  rankings: [{ by: 'total', within: ['currency'], member: 'customer_id' }],
};

export const productSales: Table = {
  name: 'product_sales',
  doc: 'What of each product was paid, one row a currency.',
  columns: {
    currency: { type: 'text', doc: 'ISO 4217 code.' },
    product_id: { type: 'text', doc: 'The product.' },
    units: { type: 'bigint', doc: 'Units in paid orders.' },
    revenue: { type: 'bigint', doc: 'Sum of those lines in minor units of the currency.' },
  },
  key: ['currency', 'product_id'],
  indexes: [],
  rankings: [
    { by: 'revenue', within: ['currency'], member: 'product_id' },
    { by: 'units', within: ['currency'], member: 'product_id' },
  ],
};
