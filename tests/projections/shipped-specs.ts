// The specs of every shipped projection: each holds on every sink.
import type { Projection } from '../../projections/projection.ts';
import { shipped } from '../../projections/registry.ts';
import { kpiSpecs } from './kpi-specs.ts';
import { leaderboardsSpecs } from './leaderboards-specs.ts';
import { orderHistorySpecs } from './order-history-specs.ts';
import { orderStateSpecs } from './order-state-specs.ts';
import type { ReadableSink, Spec } from './spec.ts';
import { describeProjection } from './spec.ts';
import { stockSpecs } from './stock-specs.ts';

const specs: { readonly [projection: string]: readonly Spec[] } = {
  kpi: kpiSpecs,
  leaderboards: leaderboardsSpecs,
  'order-history': orderHistorySpecs,
  'order-state': orderStateSpecs,
  stock: stockSpecs,
};

/** Every shipped projection with its specs. @throws Error for one that has none */
export const shippedSpecs = shipped.map(({ projection }) => {
  const own = specs[projection.name];
  if (own === undefined) throw new Error(`the projection ${projection.name} has no specs`);
  return { projection, specs: own };
});

/** Holds all of them against one kind of sink. `numRuns`: how many ways of cutting a journal are tried. */
export function describeShipped(open: (projection: Projection) => () => Promise<ReadableSink>, numRuns?: number): void {
  for (const { projection, specs: own } of shippedSpecs) describeProjection(projection, own, open(projection), numRuns);
}
