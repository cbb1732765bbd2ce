// Projection leaderboards: who bought most, and what sold best. Orders count once they are paid.
import type { Change, JournalEvent, Projection } from '../projection.ts';
import { customerTotals, productSales } from './table.ts';

export const leaderboards: Projection = {
  name: 'leaderboards',
  version: 1,
  tables: [customerTotals, productSales],
  events: ['OrderPaid'],
  project,
};

function project(event: JournalEvent): readonly Change[] {
  if (event.type !== 'OrderPaid') return [];
  const { customer_id, lines, total } = event.data;
  const { currency } = total;
  const products = lines.map((line): Change => ({
    op: 'add',
    table: 'product_sales',
    key: { currency, product_id: line.product_id },
    add: { units: line.quantity, revenue: line.total.amount },
  }));
  const customer: Change = {
    op: 'add',
    table: 'customer_totals',
    key: { currency, customer_id },
    add: { order_count: 1, total: total.amount },
  };
  return [customer, ...products];
}
