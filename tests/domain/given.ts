// given(events).when(command).then(events): the domain's tests in its own words, with plain data for whatever a test
// does not care about.
import { expect } from '@jest/globals';
import type {
  AdjustStock,
  ChangeProduct,
  Command,
  CommandMeta,
  CreateProduct,
  LedgerEvent,
  Meta,
  PlaceOrder,
} from '../../schemas/generated.ts';
import type { PlacedCommand, PlacedEvent } from '../../schemas/records.ts';
import { decide, evolve, initial } from '../../src/domain/decider.ts';
import type { Decision, State } from '../../src/domain/decider.ts';

/** Log time at which a story starts, ms. */
export const start = 1_800_000_000_000;

/** An event with what its test wants its meta to say. */
export type Told = LedgerEvent & { readonly meta?: Partial<Meta> };
/** A command likewise; `at` is its log time. */
export type Asked = Command & { readonly meta?: Partial<CommandMeta>; readonly at?: number };

/** The nth UUID, for ids of commands and orders. */
export function uuid(n: number): string {
  return `00000000-0000-8000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** A fingerprint whose bytes differ for every n. */
export function print(n: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, place) => (n * 31 + place * 7 + (n >> 8)) & 0xff);
}

export function asked({ at = start, meta, ...command }: Asked, offset = 0): PlacedCommand {
  const about: CommandMeta = {
    command_id: uuid(1),
    fingerprint: print(1),
    remember_for_s: 86_400,
    made_at: -1,
    actor: 'ann',
    correlation_id: 'trace',
    reply_to: null,
    ...meta,
  };
  return { ...command, meta: about, offset, at };
}

export function told({ meta, ...event }: Told, offset: number): PlacedEvent {
  const about: Meta = {
    command_offset: offset,
    index: 0,
    count: 1,
    sent: -1,
    at: start,
    command_id: uuid(900 + offset),
    answers: null,
    reply_to: [],
    placed_at: null,
    source: null,
    remember: null,
    actor: 'ann',
    correlation_id: 'trace',
    writer: uuid(0),
    ...meta,
  };
  return { ...event, meta: about, offset };
}

/** What a writer appends for a decision, from `offset` on. */
export function appended(decision: Decision, command: PlacedCommand, offset: number): PlacedEvent[] {
  const { command_id, fingerprint, remember_for_s: for_s } = command.meta;
  return decision.events.map((event, index) => {
    const answering = index === decision.answer;
    const remember = answering && decision.remember ? { fingerprint, for_s } : null;
    const answers = answering ? command_id : null;
    const count = decision.events.length;
    const meta = { command_offset: command.offset, index, count, at: command.at, command_id, answers, remember };
    return told({ ...event, meta }, offset + index);
  });
}

/** Decides a command and folds the outcome, as a writer does. */
export function carryOut(state: State, command: PlacedCommand, offset: number): PlacedEvent[] {
  const events = appended(decide(state, command), command, offset);
  for (const event of events) evolve(state, event);
  return events;
}

/** What a when() led to. */
export interface Then {
  readonly decision: Decision;
  /** Expects exactly these events, the answering one remembered or not. */
  then(...events: readonly LedgerEvent[]): Then;
  /** Expects the command to be refused for this reason, with nothing else happening. */
  thenRefused(reason: string, about?: { readonly product_id?: string; readonly order_id?: string }): Then;
}

export function given(...events: readonly Told[]): { readonly state: State; when(command: Asked): Then } {
  const state = initial();
  events.forEach((event, offset) => evolve(state, told(event, offset)));
  return { state, when: (command) => outcomeOf(decide(state, asked(command))) };
}

function outcomeOf(decision: Decision): Then {
  const outcome: Then = {
    decision,
    then: (...events) => {
      expect(decision.events).toEqual(events);
      return outcome;
    },
    thenRefused: (reason, about = {}) => {
      expect(decision.events).toEqual([
        {
          type: 'CommandRefused',
          data: { reason, detail: expect.stringMatching(/^.{10,200}\.$/), product_id: null, order_id: null, ...about },
        },
      ]);
      expect(decision.answer).toBe(0);
      return outcome;
    },
  };
  return outcome;
}

export function usd(amount: number): { readonly amount: number; readonly currency: string } {
  return { amount, currency: 'USD' };
}

const aProduct = { name: 'Cup', price: usd(250), stock: 10, low_stock_threshold: null };
const plain = { billing: 'single', frequency: null } as const;

export function created(product_id: string, data: Partial<CreateProduct> = {}): LedgerEvent {
  return { type: 'ProductCreated', data: { product_id, ...aProduct, ...plain, ...data, version: 1 } };
}

export function create(product_id: string, data: Partial<CreateProduct> = {}): Command {
  return { type: 'CreateProduct', data: { product_id, ...aProduct, ...plain, ...data } };
}

export function change(product_id: string, data: Partial<ChangeProduct> = {}): Command {
  const nothing = { expected_version: null, name: null, price: null, low_stock_threshold: null };
  return { type: 'ChangeProduct', data: { product_id, ...nothing, ...data } };
}

export function archive(product_id: string, expected_version: number | null = null): Command {
  return { type: 'ArchiveProduct', data: { product_id, expected_version } };
}

export function archived(product_id: string, version = 2): LedgerEvent {
  return { type: 'ProductArchived', data: { product_id, version } };
}

export function adjust(product_id: string, data: Partial<AdjustStock>): Command {
  const nothing = { delta: null, set_to: null, expected_version: null, reason: 'count', reference: null };
  return { type: 'AdjustStock', data: { product_id, ...nothing, ...data } };
}

type Line = readonly [product_id: string, quantity: number, priority?: PlaceOrder['priority']];

export function place(order: number, lines: readonly Line[], data: Partial<PlaceOrder> = {}): Command {
  const requested = lines.map(([product_id, quantity, priority = 'normal']) => ({ product_id, quantity, priority }));
  return {
    type: 'PlaceOrder',
    data: {
      order_id: uuid(order),
      customer_id: 'cem',
      lines: requested,
      priority: 'normal',
      payment: 'automatic',
      reference: null,
      metadata: {},
      expires_after_s: 900,
      repeat_window_s: 0,
      ...data,
    },
  };
}

export function cancel(
  order: number,
  data: { readonly expected_version?: number; readonly reason?: string } = {},
): Command {
  return { type: 'CancelOrder', data: { order_id: uuid(order), expected_version: null, reason: null, ...data } };
}

export function held(
  product_id: string,
  order: number,
  quantity: number,
  on_hand: number | null,
  sum: number,
): LedgerEvent {
  return { type: 'StockHeld', data: { product_id, order_id: uuid(order), quantity, on_hand, held: sum } };
}

export function released(
  product_id: string,
  order: number,
  quantity: number,
  on_hand: number | null,
  sum: number,
): LedgerEvent {
  return { type: 'StockReleased', data: { product_id, order_id: uuid(order), quantity, on_hand, held: sum } };
}

/** An accepted order at 2.50 USD a unit. */
export function accepted(order: number, lines: readonly Line[], data: object = {}): LedgerEvent {
  return {
    type: 'OrderAccepted',
    data: { ...decided(order, lines), expires_at: start + 900_000, repeat_window_s: 0, rests_on: [], ...data },
  };
}

/** A refused order at 2.50 USD a unit; shortages as [product, requested, available]. */
export function outOfStock(
  order: number,
  lines: readonly Line[],
  shortages: readonly [string, number, number][],
): LedgerEvent {
  const short = shortages.map(([product_id, requested, available]) => ({ product_id, requested, available }));
  const why = { reason: 'out_of_stock', detail: '', product: null, rests_on: [], settles: [] };
  return { type: 'OrderRefused', data: { ...decided(order, lines), shortages: short, ...why } };
}

function decided(order: number, lines: readonly Line[]) {
  const priced = lines.map(([product_id, quantity, priority = 'normal' as const]) => {
    return { product_id, quantity, unit_price: usd(250), total: usd(250 * quantity), priority };
  });
  return {
    order_id: uuid(order),
    customer_id: 'cem',
    lines: priced,
    total: usd(priced.reduce((amount, { total }) => amount + total.amount, 0)),
    priority: 'normal' as const,
    payment: 'automatic' as const,
    reference: null,
    metadata: {},
    version: 1,
  };
}

export function cancelled(order: number, version = 2, reason: string | null = null): LedgerEvent {
  return { type: 'OrderCancelled', data: { order_id: uuid(order), customer_id: 'cem', reason, version, settles: [] } };
}

/** The events that answer a repeat: `about` names the order or the product. */
export function repeatOf(
  about: { readonly order_id?: string; readonly product_id?: string },
  first_offset: number,
  first: string,
): LedgerEvent {
  return {
    type: 'CommandRepeated',
    data: { order_id: null, product_id: null, ...about, first_offset, decided: first },
  };
}

/** Products to order. */
export const shop = [created('cup'), created('mug', { stock: 4 }), created('plan', { stock: null })];
/** The shop with a live order 5. */
export const ordered = [
  ...shop,
  held('cup', 5, 7, 10, 7),
  held('mug', 5, 1, 4, 1),
  accepted(5, [
    ['cup', 7],
    ['mug', 1],
  ]),
];
