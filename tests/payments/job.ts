// A payment as the worker begins it, for tests; what matters to one it says itself.
import type { Job } from '../../consumers/payments/job.ts';
import { noFailures } from '../../consumers/payments/job.ts';

export function jobOf(own: Partial<Job> = {}): Job {
  return {
    order_id: 'order-1',
    customer_id: 'ada',
    total: { amount: 1999, currency: 'USD' },
    priority: 'normal',
    partition: 2,
    offset: 7,
    attempt_id: 'attempt-1',
    correlation_id: 'trace',
    what: 'pay',
    parked: false,
    failures: noFailures,
    due: 0,
    ...own,
  };
}
