// What the HTTP room sees of the log: it submits commands and hears what became of them.
import type { CommandRecord, PlacedEvent } from '../../schemas/records.ts';
import type { Ends } from './port.ts';

/**
 * The event that answers a command, as read in the journal; or, where its `meta.answers` is null, one that tells those
 * who wait that the command is being decided.
 */
export interface Outcome {
  readonly partition: number;
  readonly event: PlacedEvent;
  /** Offset of the last event of the same command: what a reader must have seen to have seen it whole. */
  readonly position: number;
}

export interface Submitted {
  /** Offset of the command in its partition. */
  readonly offset: number;
}

/** The log as an API instance uses it. */
export interface LedgerClient {
  /** This instance; goes into `reply_to`. */
  readonly instanceId: string;
  readonly partitions: number;
  /** Home partition of a product: Kafka's murmur2 of the id's UTF-8. */
  partitionOf(productId: string): number;
  /**
   * Puts a command into the log, with the W3C trace context as a header where there is one. Commands that wait for one partition travel together, one request in flight.
   * @throws LogError: `unavailable` nothing was sent; `unknown` it may have landed: submit the same command again
   */
  submit(partition: number, command: CommandRecord, traceparent?: string | null): Promise<Submitted>;
  /** Registers a listener of outcomes whose `reply_to` names this instance. */
  onOutcome(listener: (outcome: Outcome) => void): void;
  /** First and next offset of the journal partitions, asked of the broker. @throws LogError */
  journalEnds(): Promise<ReadonlyMap<number, Ends>>;
  /** Journal ends as they were when this instance started. */
  readonly startEnds: ReadonlyMap<number, number>;
  /** The broker's clock, ms since the epoch, as of its last answer plus monotonic time since. */
  brokerNow(): number;
  /**
   * Messages of a partition to others that the broker does not take, as far as this process knows: 0 where another one
   * writes the partition.
   */
  messagesWaiting(partition: number): number;
  /** Whether commands can be sent and outcomes heard now. */
  ready(): boolean;
}
