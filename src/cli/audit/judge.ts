// The judge of one partition: folds its counted events with rules of its own, and says where they contradict each
// other or their commands. It shares nothing with the decider that it judges; the simulation is judged by it too.
import type { AnswerHold, Money, OrderLine, OrderPlaced, Priority, Remember } from '../../../schemas/generated.ts';
import type { CommandRecord, PlacedEvent } from '../../../schemas/records.ts';
import type { RuleName } from './findings.ts';
import { checkKey } from './rules/keys.ts';
import { checkOrders } from './rules/orders.ts';
import { noteTaken } from './rules/messages.ts';
import { checkOutcome } from './rules/outcome.ts';
import { foldStock } from './rules/stock.ts';

/** What lies in the commands topic at one offset; `at` is broker time, ms. */
export type CommandAt =
  | { readonly kind: 'command'; readonly at: number; readonly record: CommandRecord }
  | { readonly kind: 'poison'; readonly at: number }
  /** An offset without a record. */
  | { readonly kind: 'hole' }
  /** A record of a release that is newer than this one. */
  | { readonly kind: 'unknown' };

export interface Product {
  readonly id: string;
  name: string;
  price: { readonly amount: number; readonly currency: string };
  onHand: number | null;
  held: number;
  threshold: number | null;
  version: number;
  /** Journal offset of the ProductArchived; null while it is offered. */
  archived: number | null;
}

export interface HeldLine {
  readonly product_id: string;
  readonly quantity: number;
}

export type OrderStatus =
  'RESERVING' | 'PENDING' | 'PROCESSING' | 'PAID' | 'CANCELLED' | 'REFUSED' | 'FAILED' | 'EXPIRED';

export interface Order {
  status: OrderStatus;
  readonly customer: string;
  version: number;
  /** Lines that live with the order. */
  readonly own: readonly HeldLine[];
  /** Lines as they were accepted; none before. */
  lines: readonly OrderLine[];
  total: Money | null;
  readonly priority: Priority;
  /** `requested`: a manual one whose payment may begin. */
  payment: 'automatic' | 'manual' | 'requested';
  attempt: string | null;
  expiresAt: number | null;
  /** Set while other partitions are asked. */
  reserving: Reserving | null;
  /** Other partitions that hold lines of it. */
  elsewhere: readonly number[];
  /** Journal offset of the last event that changed it, and its type. */
  offset: number;
  changedBy: PlacedEvent['type'];
  /** Journal offset of the event that closed it; -1 while it is open. */
  closed: number;
}

/** An order that waits for other partitions. */
export interface Reserving {
  readonly placed: OrderPlaced;
  readonly placedAt: number;
  readonly commandId: string;
  readonly replyTo: Set<string>;
  readonly remember: Remember | null;
  readonly answers: AnswerHold[];
}

/** What is remembered under a command_id. */
export interface Key {
  readonly fingerprint: string;
  readonly at: number;
  readonly forS: number;
  readonly first_offset: number;
  readonly decided: string;
  readonly order_id: string | null;
  readonly product_id: string | null;
}

/** What the judge knows of a partition. */
export interface Known {
  /** Log time, ms. */
  time: number;
  readonly products: Map<string, Product>;
  readonly orders: Map<string, Order>;
  /** How many partitions the ledger has, as genesis says. */
  partitions: number;
  /** By order that lives elsewhere: what it must hold here. */
  readonly guests: Map<string, readonly HeldLine[]>;
  /** By partition: the latest of its commands whose message was taken here. */
  readonly taken: Map<number, number>;
  /** By order; an order that holds nothing is absent. */
  readonly holds: Map<string, HeldLine[]>;
  /** By command_id, packed. */
  readonly keys: Map<string, Key>;
}

/** All events of one command, and the command itself; null where its offset lies outside the topic. */
export interface Group {
  readonly offset: number;
  readonly events: readonly PlacedEvent[];
  readonly command: CommandAt | null;
}

export interface JudgeOptions {
  /** Hears of what is wrong, and at which journal offset. */
  readonly note: (rule: RuleName, offset: number, text: string) => void;
  /** Hears of what is strange but breaks no promise. */
  readonly warn: (offset: number, text: string) => void;
  /** Hears of the genesis event. */
  readonly opened?: (event: Extract<PlacedEvent, { readonly type: 'LedgerOpened' }>) => void;
}

export interface Judge {
  /** Takes the counted events in order, each with what lies at its `command_offset`. */
  take(event: PlacedEvent, command: CommandAt | null): void;
  /** Ends history. @returns offset of the first command without an outcome */
  end(): number;
  /** What it knows of orders and holds, for what no partition can tell alone. */
  readonly known: Pick<Known, 'orders' | 'guests' | 'holds'>;
}

/** Makes a judge that has seen nothing. */
export function createJudge(options: JudgeOptions): Judge {
  const { note } = options;
  const known: Known = {
    ...{ time: 0, partitions: 1, products: new Map(), orders: new Map(), guests: new Map(), taken: new Map() },
    ...{ holds: new Map(), keys: new Map() },
  };
  let open: PlacedEvent[] = [];
  let openCommand: CommandAt | null = null;
  let next = -1;

  /** Judges the events gathered so far as one command. `next` is the command that comes behind it. */
  function close(): void {
    const [first] = open;
    if (first === undefined) return;
    const group = { offset: first.meta.command_offset, events: open, command: openCommand };
    open = [];
    if (first.type === 'LedgerOpened') known.partitions = first.data.partitions;
    if (group.offset < 0) judgeGenesis(first, options);
    else judgeCommand(known, group, { ...options, again: group.offset < next });
    next = Math.max(next, group.offset + 1);
  }

  function take(event: PlacedEvent, command: CommandAt | null): void {
    const { command_offset, index, count } = event.meta;
    const last = open.at(-1)?.meta;
    if (
      last !== undefined &&
      command_offset === last.command_offset &&
      index === last.index + 1 &&
      count === last.count
    ) {
      open.push(event);
    } else {
      if (last !== undefined)
        note(
          'dense',
          event.offset,
          `command ${last.command_offset} has ${open.length} of its ${last.count} events, then comes ${placeOf(event)}`,
        );
      close();
      if (command_offset !== next || index !== 0) {
        const why = command_offset < next ? 'it was decided before' : `event 0 of command ${next} was due`;
        note('dense', event.offset, `${placeOf(event)} is out of order: ${why}`);
      }
      open = [event];
      openCommand = command;
    }
    if (index === count - 1) close();
  }

  return {
    take,
    known,
    end: () => {
      const last = open.at(-1);
      if (last !== undefined) note('dense', last.offset, `history ends inside a command, after ${placeOf(last)}`);
      close();
      return Math.max(next, 0);
    },
  };
}

/** `again`: the command was decided before, which is told already; its events are only folded. */
function judgeCommand(known: Known, group: Group, options: JudgeOptions & { readonly again: boolean }): void {
  // Rules that compare with the state before, then those that fold the events into it.
  if (!options.again) {
    checkOutcome(known, group, options);
    checkKey(known, group, options);
  }
  for (const event of group.events) {
    foldStock(known, event, options);
    known.time = Math.max(known.time, event.meta.at);
  }
  checkOrders(known, group, options);
  noteTaken(known, group);
}

function judgeGenesis(event: PlacedEvent, { note, opened }: JudgeOptions): void {
  if (event.type !== 'LedgerOpened' || event.offset !== 0) {
    note('genesis', event.offset, `${event.type} without a command at offset ${event.offset}: only genesis has none`);
  } else opened?.(event);
}

function placeOf({ meta }: PlacedEvent): string {
  return `event ${meta.index} of ${meta.count} of command ${meta.command_offset}`;
}
