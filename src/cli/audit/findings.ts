// What an audit found: each finding names its rule and the place in the log where history stops making sense.

/**
 * The rules of the audit.
 * - `genesis`: every partition begins with the same ledger, opened with the partition count that both topics have.
 * - `history`: both topics still hold everything from offset zero.
 * - `readable`: every counted record is an event that this release knows.
 * - `dense`: counted records follow one another without a gap; every command has one outcome, in order, whole.
 * - `command`: an outcome is one that its command can have, says whose it is, and has its log time.
 * - `stock`: on hand and held are what the events before led to.
 * - `oversold`: on hand, held and available are never below zero.
 * - `hold`: an accepted order holds every line, any other none; a hold is settled once.
 * - `order`: orders go through legal states only.
 * - `price`: lines and totals are right.
 * - `shortage`: a refused order was short of what it names.
 * - `message`: what a partition tells another is taken once, in order, and nothing else is.
 * - `key`: what is remembered under a key is decided once.
 * - `home`: a product lives in the partition that its id gives.
 * - `undecided`: at rest, no command waits for its outcome.
 * - `projection`: the rows that are read are what the journal says.
 * - `snapshot_differs`: what a writer would begin with is what the journal makes.
 */
export type RuleName =
  | 'genesis'
  | 'history'
  | 'readable'
  | 'dense'
  | 'command'
  | 'stock'
  | 'oversold'
  | 'hold'
  | 'order'
  | 'price'
  | 'shortage'
  | 'message'
  | 'key'
  | 'home'
  | 'undecided'
  | 'projection'
  | 'snapshot_differs';

export interface Finding {
  readonly rule: RuleName;
  readonly topic: string;
  /** Null where it is about no single partition. */
  readonly partition: number | null;
  /** Null where it is about no single record. */
  readonly offset: number | null;
  readonly text: string;
}

/** Hears of findings as they are made. */
export type Note = (finding: Finding) => void;

export interface Findings {
  readonly note: Note;
  /** The first ones, in the order in which they were made. */
  readonly list: readonly Finding[];
  /** How many there were in all. */
  total(): number;
}

/** A broken ledger may break every rule at every record; the first findings tell where it began. */
const keptMax = 1_000;

export function collectFindings(): Findings {
  const list: Finding[] = [];
  let total = 0;
  return {
    list,
    total: () => total,
    note: (finding) => {
      total += 1;
      if (list.length < keptMax) list.push(finding);
    },
  };
}
