// What the projector role counts.
import type { Registry } from 'prom-client';
import type { ProjectorEvents } from '../../consumers/projector/options.ts';
import { metricTable } from '../platform/metric-table.ts';
import { counterIn, histogramIn } from '../platform/metric.ts';

/** The hooks of a projector, bound to a registry; `note` hears of errors. */
export function createProjectorMetrics(registry: Registry, note: (error: unknown) => void): ProjectorEvents {
  const batches = histogramIn(registry, metricTable.projectorBatches);
  const applies = histogramIn(registry, metricTable.projectorApplies);
  const voids = counterIn(registry, metricTable.voids);
  const troubles = counterIn(registry, metricTable.projectorTroubles);
  return {
    projected: (records, skipped) => {
      batches.observe(records);
      voids.inc({ role: 'projector' }, skipped);
    },
    applied: (projection, ms) => applies.observe({ projection }, ms / 1_000),
    trouble: (error) => {
      troubles.inc();
      note(error);
    },
    halted: note,
  };
}
