// The decider as the log sees it: pure functions over a state that the log does not look into.
import type { LedgerEvent } from '../../schemas/generated.ts';
import type { PlacedCommand, PlacedEvent } from '../../schemas/records.ts';

export interface Decision {
  readonly events: readonly LedgerEvent[];
  /** Index of the event that answers the caller. */
  readonly answer: number;
  /** Whether the outcome is remembered under the command_id. */
  readonly remember: boolean;
}

export interface Decider<S> {
  initial(): S;
  /** An overlay: what is evolved on it leaves the original as it is. */
  fork(state: S): S;
  /** Merges an overlay into its original and answers the original. */
  settle(overlay: S): S;
  evolve(state: S, event: PlacedEvent): void;
  /** `command.at` is log time: the largest broker time so far. A throw makes the command poison. */
  decide(state: S, command: PlacedCommand): Decision;
}
