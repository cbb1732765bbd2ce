// What a projection is: a pure function from an event to changes on keyed rows. It never rejects a fact, and the same
// event twice changes nothing, because a sink applies the changes of a batch and its checkpoint atomically.
import type { LedgerEvent } from '../schemas/generated.ts';
import type { PlacedEvent } from '../schemas/records.ts';

/** A cell of a row. Objects and arrays only in columns of type `jsonb`. */
export type Cell = string | number | boolean | null | { readonly [key: string]: unknown } | readonly unknown[];
export type Cells = { readonly [column: string]: Cell };

export interface Column {
  /** `timestamptz` cells are ms since the epoch. */
  readonly type: 'text' | 'bigint' | 'integer' | 'boolean' | 'timestamptz' | 'jsonb';
  /** What it means, for `docs/data.md`. */
  readonly doc: string;
}

/**
 * An order of the rows of a table by a counter, largest first, in which the place of a row is found at once. The sink
 * in Redis keeps it as a sorted set; the others have no use for it.
 */
export interface Ranking {
  /** The counter; its values stay below 2^53. */
  readonly by: string;
  /** Columns of the key: rows that are equal in all of them are ranked among each other. */
  readonly within: readonly string[];
  /** The one other column of the key; rows of equal counters are ordered by it, byte by byte. */
  readonly member: string;
}

export interface Table {
  readonly name: string;
  readonly doc: string;
  readonly columns: { readonly [column: string]: Column };
  /** Columns of the primary key. */
  readonly key: readonly string[];
  /** Secondary indexes, each a list of columns (`created_at desc` is allowed). */
  readonly indexes: readonly (readonly string[])[];
  readonly rankings?: readonly Ranking[];
}

/**
 * One change of one row.
 * - `put`: sets the named columns; the row is made if it is not there (other columns null).
 * - `add`: adds to the named counters (0 when the row is not there).
 * - `insert`: makes the row; where it is there already, it stays as it is.
 * - `remove`: takes the row away.
 */
export type Change =
  | { readonly op: 'put'; readonly table: string; readonly key: Cells; readonly set: Cells }
  | {
      readonly op: 'add';
      readonly table: string;
      readonly key: Cells;
      readonly add: { readonly [column: string]: number };
    }
  | { readonly op: 'insert'; readonly table: string; readonly key: Cells; readonly set: Cells }
  | { readonly op: 'remove'; readonly table: string; readonly key: Cells };

/** A counted event of the journal, with its partition. */
export type JournalEvent = PlacedEvent & { readonly partition: number };

export interface Projection {
  /** In kebab-case, as people name it: `order-state`. */
  readonly name: string;
  /** Grows with every change of meaning; a generation is built by one version. */
  readonly version: number;
  readonly tables: readonly Table[];
  /** Types of the events that it looks at; a replay passes over all others unread. Absent: all types. */
  readonly events?: readonly LedgerEvent['type'][];
  /** Pure: reads nothing but the event. */
  project(event: JournalEvent): readonly Change[];
}

/** Next journal offset to apply, by partition. */
export type Checkpoints = ReadonlyMap<number, number>;

/** Where rows and checkpoints of one generation of one projection live. */
export interface Sink {
  /** Next offset per partition; 0 where there is none yet. */
  checkpoints(): Promise<Checkpoints>;
  /**
   * Applies changes and moves the checkpoints of the partitions named, atomically.
   * `moves` gives for each partition the offset expected and the next one.
   * @returns `stale` and nothing applied, when a checkpoint is not the one expected: somebody else was here
   */
  apply(
    changes: readonly Change[],
    moves: ReadonlyMap<number, { readonly expected: number; readonly next: number }>,
  ): Promise<'applied' | 'stale'>;
}
