// Works on the jobs whose turn it is, so many at a time, and decides what comes after each pass: the end, another try
// later, or a dead letter.
import type { LetterRecord } from '../../schemas/dead-letters.ts';
import type { Pace } from '../../src/log/port.ts';
import { startDeadline } from '../../src/platform/deadline.ts';
import type { Bell } from '../projector/loop.ts';
import type { GuardedGateway } from './breaker.ts';
import { deadLetterIdOf } from './identities.ts';
import type { Job, Passed, PaymentOutcome } from './job.ts';
import type { JobQueue } from './queue.ts';

export const consumerName = 'payments';

export interface CrewEvents {
  finished(outcome: PaymentOutcome): void;
  /** An attempt failed; `own`: by a fault of the job. */
  failed(own: boolean): void;
  parked(job: Job, error: string): void;
}

export interface CrewOptions {
  readonly queue: JobQueue<Job>;
  readonly gateway: Pick<GuardedGateway, 'room'>;
  readonly pass: (job: Job, signal: AbortSignal) => Promise<Passed>;
  /** Aborts when the job's partition is no longer ours. */
  readonly signalOf: (job: Job) => AbortSignal | null;
  /** Attempts of a letter before it was tried again. */
  readonly attemptsBefore: (orderId: string) => number;
  readonly write: (record: LetterRecord, signal: AbortSignal) => Promise<void>;
  /** Nothing more is to be done about it. */
  readonly done: (job: Job) => void;
  readonly retryMs: readonly number[];
  readonly jobMsMax: number;
  readonly pace: Pace;
  /** The broker's clock, ms since the epoch. */
  readonly brokerNow: () => number;
  readonly bell: Bell;
  readonly events: CrewEvents;
  readonly trouble: (error: unknown) => void;
}

/** After a hindrance that is not its own, ms. */
const hinderedMs = 1_000;
/** Longest sleep while nothing rings: the breaker closes without a word, ms. */
const lookMsMax = 250;

export interface Crew {
  running(): number;
  /** Takes no more jobs, waits for those at work, at most so long, then ends them. */
  stop(msMax: number): Promise<void>;
}

export function startCrew(options: CrewOptions): Crew {
  const { queue, gateway, pace, bell, brokerNow } = options;
  const stopping = new AbortController();
  const ending = new AbortController();
  const running = new Set<Promise<void>>();

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      startDue();
      const due = queue.nextDue();
      const waitMs = due === null ? lookMsMax : Math.min(lookMsMax, Math.max(1, due - brokerNow()));
      await bell.wait(waitMs);
    }
  }

  function startDue(): void {
    for (let room = gateway.room(running.size); room > 0; room -= 1) {
      const job = queue.take(brokerNow());
      if (job === null) return;
      const end = run(job).finally(() => {
        running.delete(end);
        bell.ring();
      });
      running.add(end);
    }
  }

  /** Never rejects. */
  async function run(job: Job): Promise<void> {
    const lane = options.signalOf(job);
    if (lane === null) return;
    const passed = await passOf(options, job, { lane, ending: ending.signal });
    if (passed === null || lane.aborted) return;
    try {
      await conclude(options, job, passed, AbortSignal.any([lane, ending.signal]));
    } catch (error) {
      if (!lane.aborted && !ending.signal.aborted) options.trouble(error);
    }
  }

  const working = work();
  return {
    running: () => running.size,
    stop: async (msMax) => {
      stopping.abort();
      bell.ring();
      await working;
      const over = new AbortController();
      await Promise.race([Promise.all(running), pace.sleep(msMax, over.signal)]);
      over.abort();
      ending.abort();
      await Promise.all(running);
    },
  };
}

interface Ends {
  readonly lane: AbortSignal;
  readonly ending: AbortSignal;
}

/** Null where it is no longer ours to say how it went. */
async function passOf(options: CrewOptions, job: Job, { lane, ending }: Ends): Promise<Passed | null> {
  const limit = startDeadline(options.jobMsMax);
  try {
    return await options.pass(job, AbortSignal.any([lane, limit.signal, ending]));
  } catch (error) {
    if (lane.aborted || ending.aborted) return null;
    if (limit.signal.aborted) return { kind: 'hindered', error: `not finished within ${options.jobMsMax} ms` };
    options.trouble(error);
    return { kind: 'failed', error: error instanceof Error ? error.message : String(error) };
  } finally {
    limit.clear();
  }
}

/** What comes after a pass. @throws the signal's reason */
async function conclude(options: CrewOptions, job: Job, passed: Passed, signal: AbortSignal): Promise<void> {
  const { brokerNow, events, queue, retryMs, pace } = options;
  if (passed.kind === 'finished') return finish(options, job, passed.outcome, signal);
  events.failed(passed.kind === 'failed');
  const attempts = job.failures.attempts + (passed.kind === 'failed' ? 1 : 0);
  const failures = { attempts, first_at: job.failures.first_at ?? Math.round(brokerNow()), error: passed.error };
  const waitMs = passed.kind === 'hindered' ? hinderedMs : retryMs[attempts - 1];
  if (waitMs === undefined) return park(options, { ...job, failures }, signal);
  queue.put({ ...job, failures, due: brokerNow() + waitMs * (0.8 + 0.4 * pace.random()) });
}

async function finish(options: CrewOptions, job: Job, outcome: PaymentOutcome, signal: AbortSignal): Promise<void> {
  if (job.parked) {
    const settled = outcome === 'abandoned' ? 'discarded' : 'resolved';
    await options.write({ kind: 'settled', ...letterOf(job), outcome: settled }, signal);
  }
  options.events.finished(outcome);
  options.done(job);
}

async function park(options: CrewOptions, job: Job, signal: AbortSignal): Promise<void> {
  const { offset, customer_id, total, priority, correlation_id, failures } = job;
  const attempts = options.attemptsBefore(job.order_id) + failures.attempts;
  const more = { offset, attempts, first_at: failures.first_at ?? 0, error: failures.error };
  const rest = { customer_id, total, priority, correlation_id };
  await options.write({ kind: 'parked', ...letterOf(job), ...more, job: rest }, signal);
  options.events.parked(job, failures.error);
  options.done(job);
}

function letterOf({ order_id, partition }: Job) {
  return { dead_letter_id: deadLetterIdOf(consumerName, order_id), consumer: consumerName, order_id, partition };
}
