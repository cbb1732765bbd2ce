// Forks of a state: a batch is decided on one, which is then merged or forgotten.
import type { State } from './decider.ts';
import type { Message } from './messages.ts';
import { createTable, settleTable } from './table.ts';
import { forkTimed, release, settleTimed, sizeOfTimed } from './timed.ts';

/**
 * A state that starts as `state` is and keeps its changes to itself: `settle` it, or drop it and nothing happened.
 * While it is in use nobody may change `state`.
 */
export function fork(state: State): State {
  return {
    below: state,
    time: state.time,
    partitions: state.partitions,
    sent: state.sent,
    products: createTable(state.products),
    orders: createTable(state.orders),
    reserving: createTable(state.reserving),
    holds: createTable(state.holds),
    taken: createTable(state.taken),
    outbox: createTable(state.outbox),
    closed: forkTimed(state.closed),
    remembered: forkTimed(state.remembered),
    recent: forkTimed(state.recent),
  };
}

/** Merges a fork into what it was forked from and answers that; the fork is used up. Costs what the fork changed. */
export function settle(overlay: State): State {
  const { below } = overlay;
  if (below === null) throw new Error('only a fork can be settled');
  below.time = overlay.time;
  below.partitions = overlay.partitions;
  below.sent = overlay.sent;
  settleTable(overlay.products);
  settleTable(overlay.orders);
  settleTable(overlay.reserving);
  settleTable(overlay.holds);
  settleTable(overlay.taken);
  settleTable(overlay.outbox);
  settleTimed(overlay.closed);
  settleTimed(overlay.remembered);
  settleTimed(overlay.recent);
  if (below.below === null) free(below);
  return below;
}

/** Frees what log time has passed by, and messages that were sent. No decision depends on when. */
export function free(state: State): void {
  for (const command of state.outbox.own.keys()) {
    if (Number(command) > state.sent) break;
    state.outbox.own.delete(command);
  }
  release(state.closed, state.time);
  release(state.remembered, state.time);
  release(state.recent, state.time);
}

/** Messages of a state that may not have been sent, in the order in which they go out. */
export function unsent(state: State): readonly Message[] {
  const below = state.below === null ? [] : unsent(state.below);
  const own = [...state.outbox.own.values()].flatMap((row) => row?.messages ?? []);
  return [...below, ...own].filter(({ command_offset }) => command_offset > state.sent);
}

/** How many things a state holds that is no fork, for metrics. */
export function sizes(state: State): { readonly [what: string]: number } {
  return {
    products: state.products.own.size,
    orders: state.orders.own.size,
    reserving: state.reserving.own.size,
    holds: state.holds.own.size,
    outbox: state.outbox.own.size,
    closed: sizeOfTimed(state.closed),
    remembered: sizeOfTimed(state.remembered),
    recent: sizeOfTimed(state.recent),
  };
}
