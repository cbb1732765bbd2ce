// What the workers role counts.
import type { Registry } from 'prom-client';
import type { PaymentEvents, RunningPayments } from '../../consumers/payments/options.ts';
import { metricTable } from '../platform/metric-table.ts';
import { counterIn, gaugeIn, histogramIn } from '../platform/metric.ts';

const breakerFigures = { closed: 0, half_open: 1, open: 2 } as const;

/** The hooks of the payment worker, bound to a registry; `note` hears of errors. */
export function createPaymentMetrics(registry: Registry, note: (error: unknown) => void): PaymentEvents {
  const payments = counterIn(registry, metricTable.payments);
  const failures = counterIn(registry, metricTable.paymentFailures);
  const strange = counterIn(registry, metricTable.gatewayStrange);
  const answers = histogramIn(registry, metricTable.gatewayAnswers);
  return {
    finished: (outcome) => payments.inc({ outcome }),
    parked: () => payments.inc({ outcome: 'parked' }),
    failed: (own) => failures.inc({ fault: own ? 'own' : 'outage' }),
    strange: (fault) => strange.inc({ fault }),
    halted: note,
    answered: (operation, outcome, ms) => answers.observe({ operation, outcome }, ms / 1_000),
  };
}

/** The gauges of what the payment worker has before it. */
export function watchPayments(registry: Registry, payments: Pick<RunningPayments, 'status'>): void {
  gaugeIn(registry, metricTable.paymentJobs, (gauge) => {
    for (const [state, count] of Object.entries(payments.status().jobs)) gauge.set({ state }, count);
  });
  gaugeIn(registry, metricTable.gatewayBreaker, (gauge) => {
    gauge.set(breakerFigures[payments.status().breaker]);
  });
}
