// The projections that ship with the ledger, one line each.
import { kpi } from './kpi/project.ts';
import { leaderboards } from './leaderboards/project.ts';
import { orderHistory } from './order-history/project.ts';
import { orderState } from './order-state/project.ts';
import type { Projection } from './projection.ts';
import { stock } from './stock/project.ts';

export interface Shipped {
  readonly projection: Projection;
  /** Its meaning in code, which a definition's hash covers besides the tables. */
  readonly source: URL;
}

export const shipped: readonly Shipped[] = [
  { projection: kpi, source: new URL('./kpi/project.ts', import.meta.url) },
  { projection: leaderboards, source: new URL('./leaderboards/project.ts', import.meta.url) },
  { projection: orderHistory, source: new URL('./order-history/project.ts', import.meta.url) },
  { projection: orderState, source: new URL('./order-state/project.ts', import.meta.url) },
  { projection: stock, source: new URL('./stock/project.ts', import.meta.url) },
];
