// One sweep: proposes to expire what was not paid in time, so many a second, and keeps still while a writer is behind.
import type { StaleOrder } from '../../projections/order-state/queries.ts';
import type { Pace } from '../../src/log/port.ts';
import { startDeadline } from '../../src/platform/deadline.ts';
import type { Config } from '../../src/platform/config.ts';
import type { Logger } from '../../src/platform/logger.ts';
import type { Propose } from '../propose.ts';
import type { SweepCounts, SweepStore } from './store.ts';

export interface SweeperOptions {
  readonly store: SweepStore;
  readonly propose: Propose;
  /** The partitions that this process sweeps; others are somebody else's. */
  readonly partitions: () => readonly number[];
  /** Commands that wait for their writers, of all partitions. @throws LogError */
  readonly commandsWaiting: () => Promise<number>;
  /** The broker's clock, ms since the epoch. */
  readonly brokerNow: () => number;
  readonly config: Pick<Config, 'sweepEveryS' | 'sweepPerS' | 'sweepLagMax' | 'deadLettersKeepDays'>;
  readonly pace: Pace;
  readonly logger: Pick<Logger, 'info'>;
  /** Drops private replays whose time is over; answers their names. @throws the driver's error */
  readonly dropExpired: (now: Date) => Promise<readonly string[]>;
  /** Hears of every proposal that was decided. */
  readonly decided: (outcome: 'expired' | 'refused') => void;
  readonly trouble: (error: unknown) => void;
}

/** Longest wait for the outcomes of one second's proposals, ms. */
const outcomesMsMax = 10_000;
/** A second in ms. */
export const secondMs = 1_000;

/** One sweep with its chores. @throws the errors of Postgres and the log; the signal's reason */
export async function sweepOnce(options: SweeperOptions, signal: AbortSignal): Promise<void> {
  const { store, brokerNow, partitions, logger, config, dropExpired } = options;
  const at = brokerNow();
  if (partitions().length === 0) return;
  await store.count(at, await sweep(options, at, signal));
  for (const report of await store.reports(at)) logger.info(report, 'daily report of the sweeper');
  const removed = await store.cleanUp(at, config.deadLettersKeepDays);
  if (removed !== null) logger.info({ removed }, 'weekly clean-up');
  const dropped = await dropExpired(new Date(at));
  if (dropped.length > 0) logger.info({ dropped }, 'replays whose time was over are dropped');
}

async function sweep(options: SweeperOptions, at: number, signal: AbortSignal): Promise<SweepCounts> {
  const { store, partitions, commandsWaiting, pace, config } = options;
  let counts: SweepCounts = { heldBack: false, proposed: 0, expired: 0, refused: 0 };
  for (let after: StaleOrder | null = null; !signal.aborted;) {
    if ((await commandsWaiting()) > config.sweepLagMax) return { ...counts, heldBack: true };
    const started = pace.now();
    const orders: readonly StaleOrder[] = await store.stale(partitions(), at, after, config.sweepPerS);
    const outcomes = await proposeAll(options, orders, signal);
    const expired = outcomes.filter((outcome) => outcome === 'expired').length;
    counts = {
      heldBack: false,
      proposed: counts.proposed + orders.length,
      expired: counts.expired + expired,
      refused: counts.refused + outcomes.length - expired,
    };
    if (orders.length < config.sweepPerS) return counts;
    after = orders.at(-1) ?? null;
    await pace.sleep(Math.max(0, secondMs - (pace.now() - started)), signal);
  }
  return counts;
}

async function proposeAll(
  { propose, decided }: SweeperOptions,
  orders: readonly StaleOrder[],
  signal: AbortSignal,
): Promise<readonly ('expired' | 'refused')[]> {
  // A writer that does not answer will find the proposals later; the next sweep looks again.
  const limit = startDeadline(outcomesMsMax);
  const patience = AbortSignal.any([signal, limit.signal]);
  const asked = orders.map(async ({ order_id, partition }) => {
    const command = { type: 'ExpireOrder', data: { order_id } } as const;
    const proposal = { command, partition, correlation_id: `sweep-${order_id}`, actor: 'worker:sweeper' };
    const event = await propose(proposal, patience);
    const outcome = event.type === 'CommandRefused' ? 'refused' : 'expired';
    decided(outcome);
    return outcome;
  });
  try {
    return await Promise.all(asked);
  } finally {
    limit.clear();
  }
}
