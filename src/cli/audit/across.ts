// What no partition can tell alone: whether every message reached the partition that it was sent to, once and in order,
// and whether orders hold in other partitions what they should. It compares two lists of numbers for each pair.
import type { PlacedEvent } from '../../../schemas/records.ts';
import type { Note } from './findings.ts';
import type { HeldLine, Judge } from './judge.ts';

export interface Across {
  /** Hears of every counted event. */
  take(partition: number, event: PlacedEvent): void;
  /** A partition was read to its end; `undecided` of its commands have no outcome. */
  end(partition: number, judge: Judge, undecided: number): void;
  /** Compares the partitions; at rest nothing may be under way. */
  finish(): void;
}

export interface AcrossOptions {
  readonly note: Note;
  readonly topic: string;
  readonly atRest: boolean;
}

/** Messages of one partition to another, by the offset of the command that sends them. */
interface Pair {
  readonly from: number;
  readonly to: number;
  readonly sent: number[];
  readonly taken: number[];
  /** Journal offset of each outcome in `taken`. */
  readonly takenAt: number[];
}

interface Ended {
  readonly judge: Judge;
  readonly undecided: number;
}

export function createAcross({ note, topic, atRest }: AcrossOptions): Across {
  const pairs = new Map<string, Pair>();
  const ends = new Map<number, Ended>();
  /** By partition: the command up to which all messages are stated to be acknowledged. */
  const acknowledged = new Map<number, number>();

  function pair(from: number, to: number): Pair {
    const key = `${from} ${to}`;
    const known = pairs.get(key) ?? { from, to, sent: [], taken: [], takenAt: [] };
    pairs.set(key, known);
    return known;
  }

  function tell(partition: number, offset: number | null, text: string): void {
    note({ rule: 'message', topic, partition, offset, text });
  }

  function take(partition: number, event: PlacedEvent): void {
    const { source, index, sent, command_offset } = event.meta;
    acknowledged.set(partition, Math.max(sent, acknowledged.get(partition) ?? -1));
    for (const target of targetsOf(event)) pair(partition, target).sent.push(command_offset);
    if (source === null || index > 0 || event.type === 'CommandRepeated') return;
    const own = pair(source.partition, partition);
    own.taken.push(source.command_offset);
    own.takenAt.push(event.offset);
  }

  /** Whether everything between two partitions arrived. */
  function comparePair({ from, to, sent, taken, takenAt }: Pair): void {
    // While the ledger works, the journal of the one that takes may have been read further than that of the sender.
    const odd = taken.findIndex((offset, i) => (atRest || i < sent.length) && offset !== sent[i]);
    if (odd >= 0) {
      const text = `it took the message of command ${taken[odd]} in partition ${from}, command ${sent[odd] ?? 'none'} was next`;
      return tell(to, takenAt[odd] ?? null, text);
    }
    const missing = sent[taken.length];
    if (missing === undefined || (ends.get(to)?.undecided ?? 1) > 0) return;
    const isDue = atRest || missing <= (acknowledged.get(from) ?? -1);
    if (isDue) tell(from, null, `the message of command ${missing} to partition ${to} was not taken`);
  }

  return {
    take,
    end: (partition, judge, undecided) => void ends.set(partition, { judge, undecided }),
    finish: () => {
      for (const each of pairs.values()) comparePair(each);
      if (atRest) compareHolds(ends, (partition, text) => note({ rule: 'hold', topic, partition, offset: null, text }));
    },
  };
}

/** The partitions that an event sends a message to. */
function targetsOf(event: PlacedEvent): readonly number[] {
  switch (event.type) {
    case 'OrderPlaced':
      return [...new Set(event.data.lines.flatMap(({ elsewhere }) => (elsewhere === null ? [] : [elsewhere])))];
    case 'StockHoldGranted':
    case 'StockHoldRefused':
      return event.meta.source === null ? [] : [event.meta.source.partition];
    case 'OrderRefused':
    case 'OrderCancelled':
    case 'OrderPaid':
    case 'OrderFailed':
    case 'OrderExpired':
      return event.data.settles;
    case 'CommandRefused':
    case 'CommandRepeated':
    case 'HoldAnswered':
    case 'LedgerOpened':
    case 'OrderAccepted':
    case 'OrderProcessing':
    case 'PaymentRequested':
    case 'ProductArchived':
    case 'ProductChanged':
    case 'ProductCreated':
    case 'StockAdjusted':
    case 'StockHeld':
    case 'StockReleased':
    case 'StockSold':
      return [];
  }
}

/** At rest every live order holds all its lines, wherever they live, and nothing else is held. */
function compareHolds(ends: ReadonlyMap<number, Ended>, wrong: (partition: number, text: string) => void): void {
  const held = new Map<string, number>();
  const add = (orderId: string, { product_id, quantity }: HeldLine, sign: number): void => {
    const key = `${orderId} ${product_id}`;
    const left = (held.get(key) ?? 0) + sign * quantity;
    if (left === 0) held.delete(key);
    else held.set(key, left);
  };
  for (const [partition, { judge }] of ends) {
    for (const [orderId, order] of judge.known.orders) {
      if (order.status === 'RESERVING') wrong(partition, `order ${orderId} is RESERVING although nothing is under way`);
      if (order.closed < 0) for (const line of order.lines) add(orderId, line, -1);
    }
  }
  for (const [, { judge }] of ends) {
    for (const [orderId, lines] of judge.known.holds) for (const line of lines) add(orderId, line, 1);
  }
  for (const [key, left] of held) {
    const [orderId = '', productId = ''] = key.split(' ');
    const home = Number.parseInt(orderId.slice(0, 4), 16);
    const what = left > 0 ? `${left} too many` : `${-left} too few`;
    wrong(home, `order ${orderId} holds ${what} of ${productId}`);
  }
}
