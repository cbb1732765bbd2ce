// The payment worker's partitions: follows each from its checkpoint, turns events and wishes about dead letters into
// jobs, and hands them to the crew.
import type { LetterBook, OpenLetter } from '../dead-letters/book.ts';
import type { Bell } from '../projector/loop.ts';
import type { Follower } from '../../src/log/port.ts';
import { createChores } from './chores.ts';
import { attemptIdOf } from './identities.ts';
import type { Job } from './job.ts';
import { noFailures } from './job.ts';
import { createLaneJobs } from './lane-jobs.ts';
import { createLane } from './lane.ts';
import type { Lane } from './lane.ts';
import type { PaymentOptions, PaymentStatus } from './options.ts';
import { createJobQueue } from './queue.ts';
import type { JobQueue } from './queue.ts';

/** Jobs that are known here, so that no order has two. */
export interface Desk {
  readonly queue: JobQueue<Job>;
  readonly signalOf: (job: Job) => AbortSignal | null;
  readonly done: (job: Job) => void;
  /** Somebody wants a dead letter retried or discarded. */
  readonly wanted: (open: OpenLetter) => void;
  readonly lanes: Map<number, Lane>;
  begin(job: Job): void;
  forget(orderId: string, partition: number): void;
  /** Lets go of a partition and all its jobs. */
  drop(partition: number): void;
}

export function createDesk(bell: Bell, letterOf: (orderId: string) => OpenLetter | undefined): Desk {
  const queue = createJobQueue<Job>();
  const lanes = new Map<number, Lane>();
  /** The partition of each job that waits or runs. */
  const known = new Map<string, number>();

  function begin(job: Job): void {
    if (known.has(job.order_id)) return;
    known.set(job.order_id, job.partition);
    queue.put(job);
    bell.ring();
  }

  function forget(orderId: string, partition: number): void {
    known.delete(orderId);
    lanes.get(partition)?.finish(orderId);
  }

  function wanted(open: OpenLetter): void {
    if (open.letter.status !== 'parked' && lanes.has(open.letter.partition)) begin(jobOf(open));
  }

  return {
    queue,
    lanes,
    begin,
    forget,
    wanted,
    signalOf: ({ order_id, partition }) => (known.has(order_id) ? (lanes.get(partition)?.signal ?? null) : null),
    done: ({ order_id, partition }) => {
      forget(order_id, partition);
      // Somebody may have been quicker with a wish than we with the end.
      const open = letterOf(order_id);
      if (open !== undefined) wanted(open);
    },
    drop: (partition) => {
      lanes.get(partition)?.end();
      lanes.delete(partition);
      queue.keep((job) => job.partition !== partition);
      // Also those that run: they end without a word, and must be able to begin again.
      for (const [orderId, of] of known) if (of === partition) known.delete(orderId);
    },
  };
}

export interface Following {
  status(): Pick<PaymentStatus, 'partitions' | 'checkpoints' | 'halted'>;
  /** States checkpoints and leaves the group. */
  stop(): Promise<void>;
}

/** Joins the group of payment workers. @throws LogError */
export async function followJournal(options: PaymentOptions, desk: Desk, book: LetterBook): Promise<Following> {
  const { log, journal, group, config, trouble } = options;
  const { lanes } = desk;
  const stopping = new AbortController();
  let joined: Follower | null = null;
  const chores = createChores(options, lanes, () => joined);
  const follower = await log.follow({
    topic: journal,
    group,
    assignment: 'shared',
    start: async (partition, signal) => {
      desk.drop(partition);
      const from = await startLane(options, desk, book, partition, signal);
      chores.started(partition);
      return from;
    },
    deliver: (partition, records) => {
      lanes.get(partition)?.put(records);
      chores.holdBack();
    },
    restMs: () => config.followRestMs,
    lost: (partition) => desk.drop(partition),
    trouble,
  });
  joined = follower;
  const running = chores.run(stopping.signal);
  return {
    status: () => ({
      partitions: [...lanes.keys()],
      checkpoints: new Map([...lanes].map(([partition, lane]) => [partition, lane.checkpoint()])),
      halted: haltedOf([...lanes.values()]),
    }),
    stop: async () => {
      stopping.abort();
      await running;
      await follower.stop();
    },
  };
}

/** Opens a partition at its checkpoint, which is answered. @throws LogError; Error where it lies beyond the journal */
async function startLane(
  { log, journal, group, config, decode, logger, events }: PaymentOptions,
  desk: Desk,
  book: LetterBook,
  partition: number,
  signal: AbortSignal,
): Promise<number> {
  // What was parked before must not begin again.
  await book.catchUp(signal);
  const [ends, committed] = await Promise.all([log.ends(journal), log.committed(group, journal)]);
  signal.throwIfAborted();
  const until = ends.get(partition)?.high ?? 0;
  const from = committed.get(partition) ?? 0;
  if (from > until) throw new Error(`the checkpoint ${from} of payments lies beyond the journal's end ${until}`);
  const jobs = createLaneJobs({
    partition,
    delayMs: config.paymentDelayMs,
    isParked: (orderId) => book.find(orderId) !== undefined,
    begin: desk.begin,
    settled: (orderId) => desk.forget(orderId, partition),
  });
  const halted = (err: unknown): void => {
    logger.error({ err, partition }, 'the payment worker halts this partition');
    events.halted(err);
  };
  desk.lanes.set(
    partition,
    createLane({ partition, jobs, from, until, jobsMax: config.paymentQueueMax, decode, halted }),
  );
  book.of(partition).forEach(desk.wanted);
  return from;
}

function haltedOf(lanes: readonly Lane[]): ReadonlyMap<number, string> {
  const halted = new Map<number, string>();
  for (const lane of lanes) {
    const error = lane.error();
    if (error !== null) halted.set(lane.partition, error.message);
  }
  return halted;
}

/** The job of a dead letter, as somebody wants it to go on. */
function jobOf({ letter, parked }: OpenLetter): Job {
  const { order_id, partition, offset, job } = parked;
  return {
    ...job,
    order_id,
    partition,
    offset,
    attempt_id: attemptIdOf(order_id),
    what: letter.status === 'discarding' ? 'abandon' : 'pay',
    parked: true,
    failures: noFailures,
    due: 0,
  };
}
