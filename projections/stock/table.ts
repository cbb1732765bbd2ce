// Tables of the projection stock: products with their levels, and every movement that led there.
import type { Table } from '../projection.ts';

export const products: Table = {
  name: 'products',
  doc: 'Products with their levels; archived ones included.',
  columns: {
    product_id: { type: 'text', doc: 'The product.' },
    name: { type: 'text', doc: 'Name for people.' },
    price_amount: { type: 'bigint', doc: 'Price of one unit in minor units of the currency.' },
    price_currency: { type: 'text', doc: 'ISO 4217 code.' },
    on_hand: { type: 'bigint', doc: 'Units on hand; null when the product is not tracked.' },
    held: { type: 'bigint', doc: 'Units set aside for orders.' },
    tracked: { type: 'boolean', doc: 'Whether its units are counted.' },
    billing: { type: 'text', doc: 'single or recurring.' },
    frequency: { type: 'text', doc: 'How often a recurring product is billed.' },
    low_stock_threshold: { type: 'bigint', doc: 'Available units at or below which the level is low.' },
    archived: { type: 'boolean', doc: 'Whether it is no longer offered.' },
    version: { type: 'bigint', doc: 'Counts what people change, from 1.' },
    created_at: { type: 'timestamptz', doc: 'Log time of its creation.' },
    updated_at: { type: 'timestamptz', doc: 'Log time of the last change of the row.' },
    partition: { type: 'integer', doc: 'Journal partition of the product.' },
    journal_offset: { type: 'bigint', doc: 'Offset of the last event that changed the row.' },
  },
  key: ['product_id'],
  indexes: [['archived', 'product_id']],
};

export const stockMovements: Table = {
  name: 'stock_movements',
  doc: 'Every change of units on hand or held; its position in the journal is its identity.',
  columns: {
    partition: { type: 'integer', doc: 'Journal partition of the event.' },
    journal_offset: { type: 'bigint', doc: 'Journal offset of the event.' },
    product_id: { type: 'text', doc: 'The product.' },
    at: { type: 'timestamptz', doc: 'Log time.' },
    kind: { type: 'text', doc: 'created, adjusted, held, released or sold.' },
    quantity: { type: 'bigint', doc: 'Units moved; negative when taken away by an adjustment.' },
    on_hand: { type: 'bigint', doc: 'Units on hand afterwards; null when the product is not tracked.' },
    held: { type: 'bigint', doc: 'Units held afterwards.' },
    reason: { type: 'text', doc: 'Why, for people; of an adjustment.' },
    reference: { type: 'text', doc: 'Their document; of an adjustment.' },
    order_id: { type: 'text', doc: 'The order that it was held, released or sold for.' },
  },
  key: ['partition', 'journal_offset'],
  indexes: [
    ['product_id', 'at', 'partition', 'journal_offset'],
    ['at', 'partition', 'journal_offset'],
  ],
};
