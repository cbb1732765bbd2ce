// Messages between partitions. What a command sends is a function of its events: at most one message per command and
// target partition, and of one event of the command alone.
import type { Command, CommandMeta, Source } from '../../schemas/generated.ts';
import type { CommandRecord, PlacedCommand, PlacedEvent } from '../../schemas/records.ts';
import { partitionsAsked } from './holds.ts';

type MessageName = 'HoldStock' | 'AnswerHold' | 'SettleHold';
type MessageCommand = Extract<Command, { readonly type: MessageName }>;
type Unsent<M> = M extends { readonly type: infer T; readonly data: infer D }
  ? { readonly type: T; readonly data: Omit<D, 'source'> }
  : never;

/** A command that one partition sends to another. */
export type PlacedMessage = Extract<PlacedCommand, { readonly type: MessageName }>;

/** A message whole, but for the partition that sends it. */
export interface Message {
  /** The partition that it goes to. */
  readonly target: number;
  /** The command that caused it. */
  readonly command_offset: number;
  readonly command: Unsent<MessageCommand>;
  readonly actor: string;
  readonly correlation_id: string;
}

interface Settling {
  readonly order_id: string;
  readonly settles: readonly number[];
}

const nothing: readonly Message[] = [];

/** What an event sends to other partitions, each of them once. */
export function messagesOf(event: PlacedEvent): readonly Message[] {
  const { command_offset, actor, correlation_id, source } = event.meta;
  const to = (target: number, command: Message['command']): Message => {
    return { target, command_offset, command, actor, correlation_id };
  };
  switch (event.type) {
    case 'OrderPlaced': {
      const { order_id, currency, lines } = event.data;
      return partitionsAsked(event.data).map((partition) => {
        const wanted = lines.filter((line) => line.elsewhere === partition);
        const asked = wanted.map(({ product_id, quantity }) => ({ product_id, quantity }));
        return to(partition, { type: 'HoldStock', data: { order_id, currency, lines: asked } });
      });
    }
    case 'StockHoldGranted':
    case 'StockHoldRefused': {
      if (source === null) throw new Error(`the ${event.type} at offset ${event.offset} names nobody who asked`);
      const { order_id, prices } = event.data;
      const refusal = event.type === 'StockHoldRefused' ? event.data.refusal : null;
      return [to(source.partition, { type: 'AnswerHold', data: { order_id, offset: event.offset, prices, refusal } })];
    }
    case 'OrderPaid':
      return settle(event.data, 'sold');
    case 'OrderRefused':
    case 'OrderCancelled':
    case 'OrderFailed':
    case 'OrderExpired':
      return settle(event.data, 'released');
    case 'HoldAnswered':
    case 'OrderAccepted':
    case 'PaymentRequested':
    case 'OrderProcessing':
    case 'StockHeld':
    case 'StockReleased':
    case 'StockSold':
    case 'StockAdjusted':
    case 'ProductCreated':
    case 'ProductChanged':
    case 'ProductArchived':
    case 'CommandRefused':
    case 'CommandRepeated':
    case 'LedgerOpened':
      return nothing;
  }

  function settle({ order_id, settles }: Settling, settlement: 'sold' | 'released'): readonly Message[] {
    return settles.map((partition) => to(partition, { type: 'SettleHold', data: { order_id, settlement } }));
  }
}

/** The message as it goes into the log. The same message is the same bytes, whoever sends it. */
export function recordOf(message: Message, partition: number): CommandRecord {
  const { target, command_offset, actor, correlation_id, command } = message;
  const source: Source = { partition, command_offset };
  const meta: CommandMeta = {
    command_id: messageId(source, target),
    fingerprint: new Uint8Array(fingerprintBytes),
    remember_for_s: 0,
    made_at: -1,
    actor,
    correlation_id,
    reply_to: null,
  };
  switch (command.type) {
    case 'HoldStock':
      return { type: command.type, data: { ...command.data, source }, meta };
    case 'AnswerHold':
      return { type: command.type, data: { ...command.data, source }, meta };
    case 'SettleHold':
      return { type: command.type, data: { ...command.data, source }, meta };
  }
}

export function isMessage(command: PlacedCommand): command is PlacedMessage {
  return sourceOf(command) !== null;
}

/** Where a message comes from; null for what is none. */
export function sourceOf(command: CommandRecord): Source | null {
  return 'source' in command.data ? command.data.source : null;
}

const fingerprintBytes = 32;

/** A UUIDv8 of where a message comes from and goes to. */
function messageId({ partition, command_offset }: Source, target: number): string {
  const [from, to] = [partition, target].map((n) => n.toString(16).padStart(4, '0'));
  const offset = command_offset.toString(16).padStart(14, '0');
  return `${from}${to}-00${offset.slice(0, 2)}-8000-8000-${offset.slice(2)}`;
}
