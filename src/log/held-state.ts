// The state of a partition, which can be held still at no cost: what comes later goes into a layer above it, and is
// merged when nobody looks at the held one any more.
import type { Decider } from './decider-port.ts';

export interface HoldableState<S> {
  current(): S;
  /** Merges an overlay of the current state into it. */
  settle(overlay: S): void;
  /** The state as it is now, for good until it is first released. No overlay of it may be in use. */
  hold(): { readonly state: S; readonly release: () => void };
}

export function createHoldableState<S>(decider: Decider<S>, begin: S): HoldableState<S> {
  let state = begin;
  let held: 'no' | 'yes' | 'released' = 'no';

  /** Not at once when it is released: a batch that is under way then lies upon the layer. */
  function mergeReleased(): void {
    if (held !== 'released') return;
    state = decider.settle(state);
    held = 'no';
  }

  return {
    current: () => state,
    settle: (overlay) => {
      state = decider.settle(overlay);
      mergeReleased();
    },
    hold: () => {
      if (held === 'yes') throw new Error('the state is held already');
      mergeReleased();
      const still = state;
      state = decider.fork(still);
      held = 'yes';
      let isReleased = false;
      const release = (): void => {
        if (!isReleased) held = 'released';
        isReleased = true;
      };
      return { state: still, release };
    },
  };
}
