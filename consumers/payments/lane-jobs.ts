// The jobs of one partition that the journal has begun and nobody has finished, oldest first. They are held until the
// journal was read up to where it ended at the start: what is settled there need not be begun.
import type { EventRecord } from '../../schemas/records.ts';
import { attemptIdOf } from './identities.ts';
import type { Job } from './job.ts';
import { noFailures } from './job.ts';

export interface LaneJobs {
  take(event: EventRecord, offset: number): void;
  /** Begins the jobs that were held. */
  release(): void;
  finish(orderId: string): void;
  /** Journal offset of the oldest one; null where there is none. */
  oldest(): number | null;
  count(): number;
}

export interface LaneJobsOptions {
  readonly partition: number;
  readonly delayMs: number;
  /** Whether the order is parked, and its job must wait behind. */
  readonly isParked: (orderId: string) => boolean;
  readonly begin: (job: Job) => void;
  /** The order came to an end; a job that has not begun need not. */
  readonly settled: (orderId: string) => void;
}

export function createLaneJobs(options: LaneJobsOptions): LaneJobs {
  const jobs = new Map<string, Job>();
  let held: Job[] = [];
  return {
    take: (event, offset) => {
      const job = jobOf(event, options.partition, offset, options.delayMs);
      if (job !== null) {
        if (jobs.has(job.order_id) || options.isParked(job.order_id)) return;
        jobs.set(job.order_id, job);
        held.push(job);
        return;
      }
      const orderId = settledBy(event);
      if (orderId !== null && jobs.has(orderId)) options.settled(orderId);
    },
    release: () => {
      if (held.length === 0) return;
      for (const job of held) if (jobs.has(job.order_id)) options.begin(job);
      held = [];
    },
    finish: (orderId) => void jobs.delete(orderId),
    oldest: () => {
      for (const { offset } of jobs.values()) return offset;
      return null;
    },
    count: () => jobs.size,
  };
}

/** The job that an event begins; null where it begins none. */
function jobOf(event: EventRecord, partition: number, offset: number, delayMs: number): Job | null {
  if (event.type !== 'OrderAccepted' && event.type !== 'PaymentRequested') return null;
  if (event.type === 'OrderAccepted' && event.data.payment === 'manual') return null;
  const { order_id, customer_id, total, priority } = event.data;
  return {
    order_id,
    customer_id,
    total,
    priority,
    partition,
    offset,
    attempt_id: attemptIdOf(order_id),
    correlation_id: event.meta.correlation_id,
    what: 'pay',
    parked: false,
    failures: noFailures,
    due: event.type === 'OrderAccepted' ? event.meta.at + delayMs : event.meta.at,
  };
}

/** The order that an event brings to its end as far as payments go; null where it brings none. */
function settledBy(event: EventRecord): string | null {
  const ends = ['OrderCancelled', 'OrderExpired', 'OrderPaid', 'OrderFailed'];
  return ends.includes(event.type) && 'order_id' in event.data ? event.data.order_id : null;
}
