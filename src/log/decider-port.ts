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

/** A state as bytes: what a snapshot is made of. */
export interface StateCodec<S> {
  /** Another one makes another state of the same events. */
  readonly evolveVersion: number;
  /** Pieces far smaller than a message, the same for the same history. The state must stay as it is until the last. */
  encode(state: S): Iterable<Uint8Array>;
  /** `add` takes the pieces in order; `state` is asked once, after the last. @throws Error when they make no state */
  restore(): { add(piece: Uint8Array): void; state(): S };
}
