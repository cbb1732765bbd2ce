// Forks of a state: a batch is decided on one, which is then merged or forgotten.
import type { State } from './decider.ts';
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
    products: createTable(state.products),
    orders: createTable(state.orders),
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
  settleTable(overlay.products);
  settleTable(overlay.orders);
  settleTimed(overlay.closed);
  settleTimed(overlay.remembered);
  settleTimed(overlay.recent);
  if (below.below === null) free(below);
  return below;
}

/** Frees what log time has passed by. No decision depends on when. */
export function free(state: State): void {
  release(state.closed, state.time);
  release(state.remembered, state.time);
  release(state.recent, state.time);
}

/** How many things a state holds that is no fork, for metrics. */
export function sizes(state: State): { readonly [what: string]: number } {
  return {
    products: state.products.own.size,
    orders: state.orders.own.size,
    closed: sizeOfTimed(state.closed),
    remembered: sizeOfTimed(state.remembered),
    recent: sizeOfTimed(state.recent),
  };
}
