// Platform room: what a metric is, and how a process makes one.
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

/** A metric before any process counts it; docs/metrics.md is made from these. Names carry their unit. */
export interface MetricDoc<K extends 'counter' | 'gauge' | 'histogram', L extends string> {
  readonly kind: K;
  readonly name: string;
  /** The roles whose processes have it. */
  readonly of:
    | 'every process'
    | 'api'
    | 'writer'
    | 'projector'
    | 'writer and projector'
    | 'writer, projector and workers'
    | 'workers';
  readonly help: string;
  /** What each label may be. Only what is bounded: never an id, never a path as it was asked for. */
  readonly labels: readonly (readonly [name: L, meaning: string])[];
  /** Upper bounds of a histogram. */
  readonly buckets: readonly number[];
}

/** The labels of a documented metric. */
export type LabelOf<D> = D extends MetricDoc<'counter' | 'gauge' | 'histogram', infer L> ? L : never;

type Facts<L extends string> = Pick<MetricDoc<'counter', L>, 'name' | 'of' | 'help' | 'labels'>;

export function counter<L extends string>(facts: Facts<L>): MetricDoc<'counter', L> {
  return { kind: 'counter', buckets: [], ...facts };
}

export function gauge<L extends string>(facts: Facts<L>): MetricDoc<'gauge', L> {
  return { kind: 'gauge', buckets: [], ...facts };
}

export function histogram<L extends string>(
  facts: Facts<L> & Pick<MetricDoc<'histogram', L>, 'buckets'>,
): MetricDoc<'histogram', L> {
  return { kind: 'histogram', ...facts };
}

/** Makes the counter in the registry, or takes the one that another role of the process has made there. */
export function counterIn<L extends string>(registry: Registry, doc: MetricDoc<'counter', L>): Counter<L> {
  const made = registry.getSingleMetric(doc.name);
  if (made instanceof Counter) return made;
  return new Counter({ name: doc.name, help: doc.help, labelNames: labelsOf(doc), registers: [registry] });
}

/** `collect` sets the gauge whenever the figures are asked for. */
export function gaugeIn<L extends string>(
  registry: Registry,
  doc: MetricDoc<'gauge', L>,
  collect: (gauge: Gauge<L>) => void | Promise<void>,
): void {
  const made: Gauge<L> = new Gauge({
    name: doc.name,
    help: doc.help,
    labelNames: labelsOf(doc),
    registers: [registry],
    collect: () => collect(made),
  });
}

export function histogramIn<L extends string>(registry: Registry, doc: MetricDoc<'histogram', L>): Histogram<L> {
  const { name, help, buckets } = doc;
  return new Histogram({ name, help, labelNames: labelsOf(doc), buckets: [...buckets], registers: [registry] });
}

function labelsOf<L extends string>({ labels }: MetricDoc<'counter' | 'gauge' | 'histogram', L>): L[] {
  return labels.map(([name]) => name);
}
