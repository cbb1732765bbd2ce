// The decider as the log sees it: pure functions over a state that the log does not look into.
import type { PlacedCommand, PlacedEvent } from '../../schemas/records.ts';
import type { Message } from '../domain/messages.ts';
import type { Decision } from '../domain/outcome.ts';

export type { Decision };

export interface Decider<S> {
  initial(): S;
  /** An overlay: what is evolved on it leaves the original as it is. */
  fork(state: S): S;
  /** Merges an overlay into its original and answers the original. */
  settle(overlay: S): S;
  evolve(state: S, event: PlacedEvent): void;
  /**
   * `command.at` is log time: the largest broker time so far. A throw makes the command poison; of a message between
   * partitions it stops the partition.
   */
  decide(state: S, command: PlacedCommand): Decision;
  /** What an event sends to other partitions. */
  messagesOf(event: PlacedEvent): readonly Message[];
  /** Messages of counted events that may not have been sent, in command order. */
  unsent(state: S): readonly Message[];
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
