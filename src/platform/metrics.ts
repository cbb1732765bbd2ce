// Platform room: what a process counts about itself, for Prometheus.
import type { Counter, Histogram } from 'prom-client';
import { Registry, collectDefaultMetrics } from 'prom-client';
import { metricTable } from './metric-table.ts';
import type { LabelOf } from './metric.ts';
import { counterIn, gaugeIn, histogramIn } from './metric.ts';

/** What every process counts. */
export interface Metrics {
  /** Where the roles of the process make theirs. */
  readonly registry: Registry;
  readonly httpRequests: Histogram<LabelOf<typeof metricTable.httpRequests>>;
  readonly brokenRequests: Counter<LabelOf<typeof metricTable.brokenRequests>>;
  readonly logTroubles: Counter;
}

/** What an API instance counts beside. */
export interface ApiMetrics {
  readonly commands: Counter<LabelOf<typeof metricTable.commands>>;
  readonly claimsSkipped: Counter<LabelOf<typeof metricTable.claimsSkipped>>;
  readonly staleReads: Counter;
}

/** Makes the metrics of a process, Node's own included. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    httpRequests: histogramIn(registry, metricTable.httpRequests),
    brokenRequests: counterIn(registry, metricTable.brokenRequests),
    logTroubles: counterIn(registry, metricTable.logTroubles),
  };
}

/** `waiters`: how many requests wait for a decision now. */
export function createApiMetrics(registry: Registry, waiters: () => number): ApiMetrics {
  gaugeIn(registry, metricTable.waiters, (gauge) => gauge.set(waiters()));
  return {
    commands: counterIn(registry, metricTable.commands),
    claimsSkipped: counterIn(registry, metricTable.claimsSkipped),
    staleReads: counterIn(registry, metricTable.staleReads),
  };
}
