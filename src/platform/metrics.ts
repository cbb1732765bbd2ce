// Platform room: what a process counts about itself, for Prometheus. No label ever carries an id.
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export interface Metrics {
  /** Where other parts of the process register theirs. */
  readonly registry: Registry;
  /** Seconds from a request's arrival to its answer. */
  readonly httpSeconds: Histogram<'route' | 'method' | 'status'>;
  /** Commands that the API put to the ledger, by what became of them. */
  readonly commands: Counter<'operation' | 'result'>;
  /** Keyed orders that went on without a claim in Redis. */
  readonly claimsSkipped: Counter<'reason'>;
  /** Reads answered with Ledger-Stale. */
  readonly staleReads: Counter;
  /** Has the number of requests that wait for a decision asked from `read` whenever metrics are collected. */
  watchWaiters(read: () => number): void;
}

/** Makes the metrics of a process, Node's own included. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    httpSeconds: new Histogram({
      name: 'ledger_http_request_seconds',
      help: "Seconds from a request's arrival to its answer.",
      labelNames: ['route', 'method', 'status'],
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
      registers,
    }),
    commands: new Counter({
      name: 'ledger_commands_total',
      help: 'Commands that the API put to the ledger, by what became of them.',
      labelNames: ['operation', 'result'],
      registers,
    }),
    claimsSkipped: new Counter({
      name: 'ledger_claims_skipped_total',
      help: 'Keyed orders that went on without a claim in Redis.',
      labelNames: ['reason'],
      registers,
    }),
    staleReads: new Counter({
      name: 'ledger_stale_reads_total',
      help: 'Reads answered with Ledger-Stale.',
      registers,
    }),
    watchWaiters: (read) => {
      new Gauge({
        name: 'ledger_waiters',
        help: 'Requests that wait for a decision.',
        registers,
        collect() {
          this.set(read());
        },
      });
    },
  };
}
