// What a decision is, and the ways to say no. A refusal is an event with a closed reason; a throw is for what no client
// of ours can send.
import type { LedgerEvent, Remember } from '../../schemas/generated.ts';

/** Why a command is refused; each has one row in the table of problems. */
export type Refusal =
  | 'already_exists'
  | 'unknown_product'
  | 'product_archived'
  | 'version_mismatch'
  | 'would_go_below_held'
  | 'not_tracked'
  | 'amount_too_large'
  | 'mixed_currencies'
  | 'repeated_order'
  | 'unknown_order'
  | 'not_cancellable'
  | 'not_payable'
  | 'not_processable'
  | 'wrong_attempt'
  | 'wrong_amount'
  | 'not_due'
  | 'too_late'
  | 'idempotency_key_reused';

/** Outcome of one command. */
export interface Decision {
  /** In the order in which they are appended; at least one. */
  readonly events: readonly LedgerEvent[];
  /** Index of the event that answers the caller: the Order*, Product*, StockAdjusted or Command* event. */
  readonly answer: number;
  /** Whether the outcome is to be remembered under the command_id. */
  readonly remember: boolean;
  /** Set where the callers are not answered yet: they go on waiting for the outcome of their order. */
  readonly waits?: true;
  /** Whose callers are answered, where it is not those of the command itself. */
  readonly awaited?: Awaited;
}

/** The callers of an order that other partitions had to answer for. */
export interface Awaited {
  /** The PlaceOrder and where it lies. */
  readonly command_id: string;
  readonly placed_at: number;
  /** API instances at which they wait, each once. */
  readonly reply_to: readonly string[];
  readonly remember: Remember | null;
}

/** What a refusal or a repeat is about: a product, an order, or neither; never both, as memory keeps only one. */
export type About = { readonly product_id: string } | { readonly order_id: string } | null;

/** A command that no client of ours can send: a fault of whoever wrote it to the log. */
export class UnsoundCommand extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnsoundCommand';
  }
}

/** An outcome that is decided here for the first time. */
export function fresh(events: readonly LedgerEvent[], answer = 0): Decision {
  return { events, answer, remember: true };
}

/** An outcome that leaves no memory of its own. */
export function passing(event: LedgerEvent): Decision {
  return { events: [event], answer: 0, remember: false };
}

/** `detail` is one sentence for people. */
export function refused(reason: Refusal, detail: string, about: About): LedgerEvent {
  return { type: 'CommandRefused', data: { reason, detail, ...idsOf(about) } };
}

/** `firstOffset` is the journal offset of the event that decided it, `decided` its name or the code of its refusal. */
export function repeated(about: About, firstOffset: number, decided: string): LedgerEvent {
  return { type: 'CommandRepeated', data: { ...idsOf(about), first_offset: firstOffset, decided } };
}

function idsOf(about: About): { readonly product_id: string | null; readonly order_id: string | null } {
  if (about === null) return { product_id: null, order_id: null };
  return 'product_id' in about
    ? { product_id: about.product_id, order_id: null }
    : { product_id: null, order_id: about.order_id };
}
