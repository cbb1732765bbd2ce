// Generated from records/*.avsc by generate.ts. Do not edit.
/** SHA-256 of the operation and the canonical form (RFC 8785) of the request body. */
export type Fingerprint = Uint8Array;
/** What every command says about itself. */
export interface CommandMeta {
  /** Identity of the request: derived from caller, operation and Idempotency-Key where there is a key, else drawn once per request. */
  readonly command_id: string;
  /** What was asked: the same command_id with another fingerprint is a reused key. */
  readonly fingerprint: Fingerprint;
  /** How long the writer remembers the outcome under command_id, in seconds of log time. */
  readonly remember_for_s: number;
  /** When the command was made, ms since the epoch by the broker's clock as its sender knows it; -1 where lateness does not matter. */
  readonly made_at: number;
  /** Who asked: the principal of the credential. */
  readonly actor: string;
  /** The trace that the request belongs to. */
  readonly correlation_id: string;
  /** The API instance at which the caller waits for the outcome. */
  readonly reply_to: string | null;
}
/** An amount of money. */
export interface Money {
  /** Minor units of the currency (cents), an integer below 2^53. */
  readonly amount: number;
  /** ISO 4217 code, three capital letters. */
  readonly currency: string;
}
/** A new threshold, or none. */
export interface ThresholdChange {
  /** The threshold; null takes it away. */
  readonly value: number | null;
}
/** Where a message from another partition comes from. */
export interface Source {
  /** The partition that sent it. */
  readonly partition: number;
  /** The command there that caused it. */
  readonly command_offset: number;
}
/** What the writer remembers under the command_id. */
export interface Remember {
  /** What was asked under this command_id. */
  readonly fingerprint: Fingerprint;
  /** For how long, in seconds of log time. */
  readonly for_s: number;
}
/** What every event says about the command that caused it. */
export interface Meta {
  /** Offset of that command in the commands topic, same partition; -1 for the genesis event. */
  readonly command_offset: number;
  /** Place of this event among the events of its command, from 0. */
  readonly index: number;
  /** How many events the command has. */
  readonly count: number;
  /** The command up to which all messages to other partitions were acknowledged when this was appended. */
  readonly sent: number;
  /** Log time of the command, ms since the epoch: the largest broker timestamp so far in the partition. */
  readonly at: number;
  /** Identity of the command. */
  readonly command_id: string;
  /** The command_id whose callers this event answers, if it answers any. */
  readonly answers: string | null;
  /** The API instances at which those callers wait, at most 8. */
  readonly reply_to: readonly string[];
  /** Offset of the command that the answered callers sent. */
  readonly placed_at: number | null;
  /** Set when the command was a message from another partition. */
  readonly source: Source | null;
  /** Set on the event that answers, where the outcome is remembered. */
  readonly remember: Remember | null;
  /** Who asked. */
  readonly actor: string;
  /** The trace that the command belongs to. */
  readonly correlation_id: string;
  /** The writer incarnation; for people, no rule reads it. */
  readonly writer: string;
}
/** Whether a product is paid once or again and again. */
export type Billing = 'single' | 'recurring';
/** How urgent an order or a line is, lowest first. */
export type Priority = 'low' | 'normal' | 'high' | 'critical' | 'max';
/** One product of an order; lines of the same product are summed. */
export interface OrderLine {
  /** The product. */
  readonly product_id: string;
  /** Units. */
  readonly quantity: number;
  /** Price of one unit at the moment of the hold. */
  readonly unit_price: Money;
  /** unit_price times quantity. */
  readonly total: Money;
  /** Urgency of the line: the highest of the lines that were summed. */
  readonly priority: Priority;
}
/** Who starts the payment of an order. */
export type Payment = 'automatic' | 'manual';
/** A product of which there was too little. */
export interface Shortage {
  /** The product. */
  readonly product_id: string;
  /** Units asked for. */
  readonly requested: number;
  /** Units available at that moment. */
  readonly available: number;
}
/** One product of an order, as asked for. */
export interface RequestedLine {
  /** The product. */
  readonly product_id: string;
  /** Units asked for, 1 to 10^6. */
  readonly quantity: number;
  /** Urgency of the line. */
  readonly priority: Priority;
}
/** Add to the units on hand, or set them; exactly one of delta and set_to is given. */
export interface AdjustStock {
  /** The product; also the record key. */
  readonly product_id: string;
  /** Units to add; negative to take away. */
  readonly delta: number | null;
  /** Units on hand afterwards. */
  readonly set_to: number | null;
  /** Decide only if the version is this one (If-Match). */
  readonly expected_version: number | null;
  /** Why, for people. */
  readonly reason: string;
  /** Their document: a delivery note, a count. */
  readonly reference: string | null;
}
/** Stop offering a product; holds stay as they are. */
export interface ArchiveProduct {
  /** The product; also the record key. */
  readonly product_id: string;
  /** Decide only if the version is this one (If-Match). */
  readonly expected_version: number | null;
}
/** Give an order up and its stock back; only while it is PENDING. */
export interface CancelOrder {
  /** The order: a UUIDv8 whose first 16 bits are the home partition. */
  readonly order_id: string;
  /** Decide only if the version is this one (If-Match). */
  readonly expected_version: number | null;
  /** Why, for people. */
  readonly reason: string | null;
}
/** Change what people say about a product; what is null stays as it is. */
export interface ChangeProduct {
  /** The product; also the record key. */
  readonly product_id: string;
  /** Decide only if the version is this one (If-Match). */
  readonly expected_version: number | null;
  /** New name. */
  readonly name: string | null;
  /** New price. */
  readonly price: Money | null;
  /** New threshold. */
  readonly low_stock_threshold: ThresholdChange | null;
}
/** A command changed nothing. */
export interface CommandRefused {
  /** Code of the refusal, from the table of problems. */
  readonly reason: string;
  /** The refusal in words. */
  readonly detail: string;
  /** The product it is about. */
  readonly product_id: string | null;
  /** The order it is about. */
  readonly order_id: string | null;
}
/** A command was decided before, or its aim was already reached. */
export interface CommandRepeated {
  /** The order it is about. */
  readonly order_id: string | null;
  /** The product it is about. */
  readonly product_id: string | null;
  /** Journal offset of the event that decided it first. */
  readonly first_offset: number;
  /** How it was decided: the name of that event, or the code of its refusal. */
  readonly decided: string;
}
/** Offer a new product. */
export interface CreateProduct {
  /** The product; also the record key. */
  readonly product_id: string;
  /** Name for people. */
  readonly name: string;
  /** Price of one unit. */
  readonly price: Money;
  /** Units on hand at the start; null for a product that is not tracked. */
  readonly stock: number | null;
  /** Available units at or below which the level is low. */
  readonly low_stock_threshold: number | null;
  /** Paid once or again and again. */
  readonly billing: Billing;
  /** How often a recurring product is billed, for people and billing systems. */
  readonly frequency: string | null;
}
/** Genesis: the first record of every journal partition. */
export interface LedgerOpened {
  /** Identity of the ledger. */
  readonly ledger_id: string;
  /** Partition count of both topics, fixed for life. */
  readonly partitions: number;
}
/** An order holds all its lines. */
export interface OrderAccepted {
  /** The order: a UUIDv8 whose first 16 bits are the home partition. */
  readonly order_id: string;
  /** Who ordered. */
  readonly customer_id: string;
  /** What was ordered, one line a product. */
  readonly lines: readonly OrderLine[];
  /** Sum of the lines. */
  readonly total: Money;
  /** The highest of its lines' priorities. */
  readonly priority: Priority;
  /** Who starts the payment. */
  readonly payment: Payment;
  /** The client's own name for the order. */
  readonly reference: string | null;
  /** The client's own notes. */
  readonly metadata: { readonly [key: string]: string };
  /** Log time after which it may expire unpaid, ms since the epoch. */
  readonly expires_at: number | null;
  /** Seconds within which an equal order under another key is refused. */
  readonly repeat_window_s: number;
  /** 1; counts the changes of the order. */
  readonly version: number;
}
/** An order was given up; its stock is released by the events that follow. */
export interface OrderCancelled {
  /** The order: a UUIDv8 whose first 16 bits are the home partition. */
  readonly order_id: string;
  /** Whose order it was. */
  readonly customer_id: string;
  /** Why, for people. */
  readonly reason: string | null;
  /** Version of the order afterwards. */
  readonly version: number;
}
/** An order could not be filled and holds nothing. */
export interface OrderRefused {
  /** The order: a UUIDv8 whose first 16 bits are the home partition. */
  readonly order_id: string;
  /** Who ordered. */
  readonly customer_id: string;
  /** What was ordered, one line a product. */
  readonly lines: readonly OrderLine[];
  /** Sum of the lines. */
  readonly total: Money;
  /** The highest of its lines' priorities. */
  readonly priority: Priority;
  /** Who starts the payment. */
  readonly payment: Payment;
  /** The client's own name for the order. */
  readonly reference: string | null;
  /** The client's own notes. */
  readonly metadata: { readonly [key: string]: string };
  /** Every product that was short. */
  readonly shortages: readonly Shortage[];
  /** 1. */
  readonly version: number;
}
/** Order products; all lines or none. */
export interface PlaceOrder {
  /** The order: a UUIDv8 whose first 16 bits are the home partition. */
  readonly order_id: string;
  /** Who orders. */
  readonly customer_id: string;
  /** What is ordered, 1 to 100 lines. */
  readonly lines: readonly RequestedLine[];
  /** Urgency of the lines that name none, as asked; the lines carry it already. */
  readonly priority: Priority;
  /** Who starts the payment. */
  readonly payment: Payment;
  /** The client's own name for the order. */
  readonly reference: string | null;
  /** The client's own notes. */
  readonly metadata: { readonly [key: string]: string };
  /** Seconds of log time after which an unpaid order may expire. */
  readonly expires_after_s: number;
  /** Seconds within which the same customer's equal order under another key is refused; 0 for never. */
  readonly repeat_window_s: number;
}
/** A product is no longer offered. */
export interface ProductArchived {
  /** The product; also the record key. */
  readonly product_id: string;
  /** Version now. */
  readonly version: number;
}
/** What people say about a product changed; all values afterwards. */
export interface ProductChanged {
  /** The product; also the record key. */
  readonly product_id: string;
  /** Name now. */
  readonly name: string;
  /** Price now. */
  readonly price: Money;
  /** Threshold now. */
  readonly low_stock_threshold: number | null;
  /** Version now. */
  readonly version: number;
}
/** A product is offered. */
export interface ProductCreated {
  /** The product; also the record key. */
  readonly product_id: string;
  /** Name for people. */
  readonly name: string;
  /** Price of one unit. */
  readonly price: Money;
  /** Units on hand at the start; null for a product that is not tracked. */
  readonly stock: number | null;
  /** Available units at or below which the level is low. */
  readonly low_stock_threshold: number | null;
  /** Paid once or again and again. */
  readonly billing: Billing;
  /** How often a recurring product is billed, for people and billing systems. */
  readonly frequency: string | null;
  /** 1; counts what people change. */
  readonly version: number;
}
/** Somebody added or took away units. */
export interface StockAdjusted {
  /** The product; also the record key. */
  readonly product_id: string;
  /** Units added; negative when taken away. */
  readonly delta: number;
  /** Units on hand afterwards. */
  readonly on_hand: number;
  /** Units held. */
  readonly held: number;
  /** Why, for people. */
  readonly reason: string;
  /** Their document. */
  readonly reference: string | null;
  /** Version of the product afterwards. */
  readonly version: number;
}
/** Units are set aside for an order. */
export interface StockHeld {
  /** The product; also the record key. */
  readonly product_id: string;
  /** The order: a UUIDv8 whose first 16 bits are the home partition. */
  readonly order_id: string;
  /** Units held. */
  readonly quantity: number;
  /** Units on hand afterwards; null when the product is not tracked. */
  readonly on_hand: number | null;
  /** Units held afterwards. */
  readonly held: number;
}
/** Units set aside for an order are available again. */
export interface StockReleased {
  /** The product; also the record key. */
  readonly product_id: string;
  /** The order: a UUIDv8 whose first 16 bits are the home partition. */
  readonly order_id: string;
  /** Units released. */
  readonly quantity: number;
  /** Units on hand afterwards; null when the product is not tracked. */
  readonly on_hand: number | null;
  /** Units held afterwards. */
  readonly held: number;
}
/** What may be asked: a command without what it says about itself. */
export type Command =
  | { readonly type: 'AdjustStock'; readonly data: AdjustStock }
  | { readonly type: 'ArchiveProduct'; readonly data: ArchiveProduct }
  | { readonly type: 'CancelOrder'; readonly data: CancelOrder }
  | { readonly type: 'ChangeProduct'; readonly data: ChangeProduct }
  | { readonly type: 'CreateProduct'; readonly data: CreateProduct }
  | { readonly type: 'PlaceOrder'; readonly data: PlaceOrder };
/** What may have happened: an event without what it says about its command. */
export type LedgerEvent =
  | { readonly type: 'CommandRefused'; readonly data: CommandRefused }
  | { readonly type: 'CommandRepeated'; readonly data: CommandRepeated }
  | { readonly type: 'LedgerOpened'; readonly data: LedgerOpened }
  | { readonly type: 'OrderAccepted'; readonly data: OrderAccepted }
  | { readonly type: 'OrderCancelled'; readonly data: OrderCancelled }
  | { readonly type: 'OrderRefused'; readonly data: OrderRefused }
  | { readonly type: 'ProductArchived'; readonly data: ProductArchived }
  | { readonly type: 'ProductChanged'; readonly data: ProductChanged }
  | { readonly type: 'ProductCreated'; readonly data: ProductCreated }
  | { readonly type: 'StockAdjusted'; readonly data: StockAdjusted }
  | { readonly type: 'StockHeld'; readonly data: StockHeld }
  | { readonly type: 'StockReleased'; readonly data: StockReleased };
export const commandNames = ["AdjustStock","ArchiveProduct","CancelOrder","ChangeProduct","CreateProduct","PlaceOrder"] as const;
export const eventNames = ["CommandRefused","CommandRepeated","LedgerOpened","OrderAccepted","OrderCancelled","OrderRefused","ProductArchived","ProductChanged","ProductCreated","StockAdjusted","StockHeld","StockReleased"] as const;
/** Every released schema, oldest version first. */
export const released: readonly { readonly name: string; readonly version: number; readonly schema: string }[] = [
  {"name":"AdjustStock","version":1,"schema":"{\"type\":\"record\",\"name\":\"AdjustStock\",\"namespace\":\"ledger\",\"doc\":\"Add to the units on hand, or set them; exactly one of delta and set_to is given.\",\"fields\":[{\"name\":\"meta\",\"type\":{\"type\":\"record\",\"name\":\"CommandMeta\",\"doc\":\"What every command says about itself.\",\"fields\":[{\"name\":\"command_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"Identity of the request: derived from caller, operation and Idempotency-Key where there is a key, else drawn once per request.\"},{\"name\":\"fingerprint\",\"type\":{\"type\":\"fixed\",\"name\":\"Fingerprint\",\"size\":32,\"doc\":\"SHA-256 of the operation and the canonical form (RFC 8785) of the request body.\"},\"doc\":\"What was asked: the same command_id with another fingerprint is a reused key.\"},{\"name\":\"remember_for_s\",\"type\":\"int\",\"doc\":\"How long the writer remembers the outcome under command_id, in seconds of log time.\"},{\"name\":\"made_at\",\"type\":\"long\",\"doc\":\"When the command was made, ms since the epoch by the broker's clock as its sender knows it; -1 where lateness does not matter.\"},{\"name\":\"actor\",\"type\":\"string\",\"doc\":\"Who asked: the principal of the credential.\"},{\"name\":\"correlation_id\",\"type\":\"string\",\"doc\":\"The trace that the request belongs to.\"},{\"name\":\"reply_to\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The API instance at which the caller waits for the outcome.\",\"default\":null}]},\"doc\":\"About the command itself.\"},{\"name\":\"product_id\",\"type\":\"string\",\"doc\":\"The product; also the record key.\"},{\"name\":\"delta\",\"type\":[\"null\",\"long\"],\"doc\":\"Units to add; negative to take away.\",\"default\":null},{\"name\":\"set_to\",\"type\":[\"null\",\"long\"],\"doc\":\"Units on hand afterwards.\",\"default\":null},{\"name\":\"expected_version\",\"type\":[\"null\",\"long\"],\"doc\":\"Decide only if the version is this one (If-Match).\",\"default\":null},{\"name\":\"reason\",\"type\":\"string\",\"doc\":\"Why, for people.\"},{\"name\":\"reference\",\"type\":[\"null\",\"string\"],\"doc\":\"Their document: a delivery note, a count.\",\"default\":null}]}"},
  {"name":"ArchiveProduct","version":1,"schema":"{\"type\":\"record\",\"name\":\"ArchiveProduct\",\"namespace\":\"ledger\",\"doc\":\"Stop offering a product; holds stay as they are.\",\"fields\":[{\"name\":\"meta\",\"type\":{\"type\":\"record\",\"name\":\"CommandMeta\",\"doc\":\"What every command says about itself.\",\"fields\":[{\"name\":\"command_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"Identity of the request: derived from caller, operation and Idempotency-Key where there is a key, else drawn once per request.\"},{\"name\":\"fingerprint\",\"type\":{\"type\":\"fixed\",\"name\":\"Fingerprint\",\"size\":32,\"doc\":\"SHA-256 of the operation and the canonical form (RFC 8785) of the request body.\"},\"doc\":\"What was asked: the same command_id with another fingerprint is a reused key.\"},{\"name\":\"remember_for_s\",\"type\":\"int\",\"doc\":\"How long the writer remembers the outcome under command_id, in seconds of log time.\"},{\"name\":\"made_at\",\"type\":\"long\",\"doc\":\"When the command was made, ms since the epoch by the broker's clock as its sender knows it; -1 where lateness does not matter.\"},{\"name\":\"actor\",\"type\":\"string\",\"doc\":\"Who asked: the principal of the credential.\"},{\"name\":\"correlation_id\",\"type\":\"string\",\"doc\":\"The trace that the request belongs to.\"},{\"name\":\"reply_to\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The API instance at which the caller waits for the outcome.\",\"default\":null}]},\"doc\":\"About the command itself.\"},{\"name\":\"product_id\",\"type\":\"string\",\"doc\":\"The product; also the record key.\"},{\"name\":\"expected_version\",\"type\":[\"null\",\"long\"],\"doc\":\"Decide only if the version is this one (If-Match).\",\"default\":null}]}"},
  {"name":"CancelOrder","version":1,"schema":"{\"type\":\"record\",\"name\":\"CancelOrder\",\"namespace\":\"ledger\",\"doc\":\"Give an order up and its stock back; only while it is PENDING.\",\"fields\":[{\"name\":\"meta\",\"type\":{\"type\":\"record\",\"name\":\"CommandMeta\",\"doc\":\"What every command says about itself.\",\"fields\":[{\"name\":\"command_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"Identity of the request: derived from caller, operation and Idempotency-Key where there is a key, else drawn once per request.\"},{\"name\":\"fingerprint\",\"type\":{\"type\":\"fixed\",\"name\":\"Fingerprint\",\"size\":32,\"doc\":\"SHA-256 of the operation and the canonical form (RFC 8785) of the request body.\"},\"doc\":\"What was asked: the same command_id with another fingerprint is a reused key.\"},{\"name\":\"remember_for_s\",\"type\":\"int\",\"doc\":\"How long the writer remembers the outcome under command_id, in seconds of log time.\"},{\"name\":\"made_at\",\"type\":\"long\",\"doc\":\"When the command was made, ms since the epoch by the broker's clock as its sender knows it; -1 where lateness does not matter.\"},{\"name\":\"actor\",\"type\":\"string\",\"doc\":\"Who asked: the principal of the credential.\"},{\"name\":\"correlation_id\",\"type\":\"string\",\"doc\":\"The trace that the request belongs to.\"},{\"name\":\"reply_to\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The API instance at which the caller waits for the outcome.\",\"default\":null}]},\"doc\":\"About the command itself.\"},{\"name\":\"order_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"The order: a UUIDv8 whose first 16 bits are the home partition.\"},{\"name\":\"expected_version\",\"type\":[\"null\",\"long\"],\"doc\":\"Decide only if the version is this one (If-Match).\",\"default\":null},{\"name\":\"reason\",\"type\":[\"null\",\"string\"],\"doc\":\"Why, for people.\",\"default\":null}]}"},
  {"name":"ChangeProduct","version":1,"schema":"{\"type\":\"record\",\"name\":\"ChangeProduct\",\"namespace\":\"ledger\",\"doc\":\"Change what people say about a product; what is null stays as it is.\",\"fields\":[{\"name\":\"meta\",\"type\":{\"type\":\"record\",\"name\":\"CommandMeta\",\"doc\":\"What every command says about itself.\",\"fields\":[{\"name\":\"command_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"Identity of the request: derived from caller, operation and Idempotency-Key where there is a key, else drawn once per request.\"},{\"name\":\"fingerprint\",\"type\":{\"type\":\"fixed\",\"name\":\"Fingerprint\",\"size\":32,\"doc\":\"SHA-256 of the operation and the canonical form (RFC 8785) of the request body.\"},\"doc\":\"What was asked: the same command_id with another fingerprint is a reused key.\"},{\"name\":\"remember_for_s\",\"type\":\"int\",\"doc\":\"How long the writer remembers the outcome under command_id, in seconds of log time.\"},{\"name\":\"made_at\",\"type\":\"long\",\"doc\":\"When the command was made, ms since the epoch by the broker's clock as its sender knows it; -1 where lateness does not matter.\"},{\"name\":\"actor\",\"type\":\"string\",\"doc\":\"Who asked: the principal of the credential.\"},{\"name\":\"correlation_id\",\"type\":\"string\",\"doc\":\"The trace that the request belongs to.\"},{\"name\":\"reply_to\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The API instance at which the caller waits for the outcome.\",\"default\":null}]},\"doc\":\"About the command itself.\"},{\"name\":\"product_id\",\"type\":\"string\",\"doc\":\"The product; also the record key.\"},{\"name\":\"expected_version\",\"type\":[\"null\",\"long\"],\"doc\":\"Decide only if the version is this one (If-Match).\",\"default\":null},{\"name\":\"name\",\"type\":[\"null\",\"string\"],\"doc\":\"New name.\",\"default\":null},{\"name\":\"price\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Money\",\"doc\":\"An amount of money.\",\"fields\":[{\"name\":\"amount\",\"type\":\"long\",\"doc\":\"Minor units of the currency (cents), an integer below 2^53.\"},{\"name\":\"currency\",\"type\":\"string\",\"doc\":\"ISO 4217 code, three capital letters.\"}]}],\"doc\":\"New price.\",\"default\":null},{\"name\":\"low_stock_threshold\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"ThresholdChange\",\"doc\":\"A new threshold, or none.\",\"fields\":[{\"name\":\"value\",\"type\":[\"null\",\"long\"],\"doc\":\"The threshold; null takes it away.\",\"default\":null}]}],\"doc\":\"New threshold.\",\"default\":null}]}"},
  {"name":"CommandRefused","version":1,"schema":"{\"type\":\"record\",\"name\":\"CommandRefused\",\"namespace\":\"ledger\",\"doc\":\"A command changed nothing.\",\"fields\":[{\"name\":\"meta\",\"type\":{\"type\":\"record\",\"name\":\"Meta\",\"doc\":\"What every event says about the command that caused it.\",\"fields\":[{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"Offset of that command in the commands topic, same partition; -1 for the genesis event.\"},{\"name\":\"index\",\"type\":\"int\",\"doc\":\"Place of this event among the events of its command, from 0.\"},{\"name\":\"count\",\"type\":\"int\",\"doc\":\"How many events the command has.\"},{\"name\":\"sent\",\"type\":\"long\",\"doc\":\"The command up to which all messages to other partitions were acknowledged when this was appended.\"},{\"name\":\"at\",\"type\":\"long\",\"doc\":\"Log time of the command, ms since the epoch: the largest broker timestamp so far in the partition.\"},{\"name\":\"command_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"Identity of the command.\"},{\"name\":\"answers\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The command_id whose callers this event answers, if it answers any.\",\"default\":null},{\"name\":\"reply_to\",\"type\":{\"type\":\"array\",\"items\":\"string\"},\"doc\":\"The API instances at which those callers wait, at most 8.\",\"default\":[]},{\"name\":\"placed_at\",\"type\":[\"null\",\"long\"],\"doc\":\"Offset of the command that the answered callers sent.\",\"default\":null},{\"name\":\"source\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Source\",\"doc\":\"Where a message from another partition comes from.\",\"fields\":[{\"name\":\"partition\",\"type\":\"int\",\"doc\":\"The partition that sent it.\"},{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"The command there that caused it.\"}]}],\"doc\":\"Set when the command was a message from another partition.\",\"default\":null},{\"name\":\"remember\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Remember\",\"doc\":\"What the writer remembers under the command_id.\",\"fields\":[{\"name\":\"fingerprint\",\"type\":{\"type\":\"fixed\",\"name\":\"Fingerprint\",\"size\":32,\"doc\":\"SHA-256 of the operation and the canonical form (RFC 8785) of the request body.\"},\"doc\":\"What was asked under this command_id.\"},{\"name\":\"for_s\",\"type\":\"int\",\"doc\":\"For how long, in seconds of log time.\"}]}],\"doc\":\"Set on the event that answers, where the outcome is remembered.\",\"default\":null},{\"name\":\"actor\",\"type\":\"string\",\"doc\":\"Who asked.\"},{\"name\":\"correlation_id\",\"type\":\"string\",\"doc\":\"The trace that the command belongs to.\"},{\"name\":\"writer\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"The writer incarnation; for people, no rule reads it.\"}]},\"doc\":\"About the command.\"},{\"name\":\"reason\",\"type\":\"string\",\"doc\":\"Code of the refusal, from the table of problems.\"},{\"name\":\"detail\",\"type\":\"string\",\"doc\":\"The refusal in words.\"},{\"name\":\"product_id\",\"type\":[\"null\",\"string\"],\"doc\":\"The product it is about.\",\"default\":null},{\"name\":\"order_id\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The order it is about.\",\"default\":null}]}"},
  {"name":"CommandRepeated","version":1,"schema":"{\"type\":\"record\",\"name\":\"CommandRepeated\",\"namespace\":\"ledger\",\"doc\":\"A command was decided before, or its aim was already reached.\",\"fields\":[{\"name\":\"meta\",\"type\":{\"type\":\"record\",\"name\":\"Meta\",\"doc\":\"What every event says about the command that caused it.\",\"fields\":[{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"Offset of that command in the commands topic, same partition; -1 for the genesis event.\"},{\"name\":\"index\",\"type\":\"int\",\"doc\":\"Place of this event among the events of its command, from 0.\"},{\"name\":\"count\",\"type\":\"int\",\"doc\":\"How many events the command has.\"},{\"name\":\"sent\",\"type\":\"long\",\"doc\":\"The command up to which all messages to other partitions were acknowledged when this was appended.\"},{\"name\":\"at\",\"type\":\"long\",\"doc\":\"Log time of the command, ms since the epoch: the largest broker timestamp so far in the partition.\"},{\"name\":\"command_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"Identity of the command.\"},{\"name\":\"answers\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The command_id whose callers this event answers, if it answers any.\",\"default\":null},{\"name\":\"reply_to\",\"type\":{\"type\":\"array\",\"items\":\"string\"},\"doc\":\"The API instances at which those callers wait, at most 8.\",\"default\":[]},{\"name\":\"placed_at\",\"type\":[\"null\",\"long\"],\"doc\":\"Offset of the command that the answered callers sent.\",\"default\":null},{\"name\":\"source\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Source\",\"doc\":\"Where a message from another partition comes from.\",\"fields\":[{\"name\":\"partition\",\"type\":\"int\",\"doc\":\"The partition that sent it.\"},{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"The command there that caused it.\"}]}],\"doc\":\"Set when the command was a message from another partition.\",\"default\":null},{\"name\":\"remember\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Remember\",\"doc\":\"What the writer remembers under the command_id.\",\"fields\":[{\"name\":\"fingerprint\",\"type\":{\"type\":\"fixed\",\"name\":\"Fingerprint\",\"size\":32,\"doc\":\"SHA-256 of the operation and the canonical form (RFC 8785) of the request body.\"},\"doc\":\"What was asked under this command_id.\"},{\"name\":\"for_s\",\"type\":\"int\",\"doc\":\"For how long, in seconds of log time.\"}]}],\"doc\":\"Set on the event that answers, where the outcome is remembered.\",\"default\":null},{\"name\":\"actor\",\"type\":\"string\",\"doc\":\"Who asked.\"},{\"name\":\"correlation_id\",\"type\":\"string\",\"doc\":\"The trace that the command belongs to.\"},{\"name\":\"writer\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"The writer incarnation; for people, no rule reads it.\"}]},\"doc\":\"About the command.\"},{\"name\":\"order_id\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The order it is about.\",\"default\":null},{\"name\":\"product_id\",\"type\":[\"null\",\"string\"],\"doc\":\"The product it is about.\",\"default\":null},{\"name\":\"first_offset\",\"type\":\"long\",\"doc\":\"Journal offset of the event that decided it first.\"},{\"name\":\"decided\",\"type\":\"string\",\"doc\":\"How it was decided: the name of that event, or the code of its refusal.\"}]}"},
  {"name":"CreateProduct","version":1,"schema":"{\"type\":\"record\",\"name\":\"CreateProduct\",\"namespace\":\"ledger\",\"doc\":\"Offer a new product.\",\"fields\":[{\"name\":\"meta\",\"type\":{\"type\":\"record\",\"name\":\"CommandMeta\",\"doc\":\"What every command says about itself.\",\"fields\":[{\"name\":\"command_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"Identity of the request: derived from caller, operation and Idempotency-Key where there is a key, else drawn once per request.\"},{\"name\":\"fingerprint\",\"type\":{\"type\":\"fixed\",\"name\":\"Fingerprint\",\"size\":32,\"doc\":\"SHA-256 of the operation and the canonical form (RFC 8785) of the request body.\"},\"doc\":\"What was asked: the same command_id with another fingerprint is a reused key.\"},{\"name\":\"remember_for_s\",\"type\":\"int\",\"doc\":\"How long the writer remembers the outcome under command_id, in seconds of log time.\"},{\"name\":\"made_at\",\"type\":\"long\",\"doc\":\"When the command was made, ms since the epoch by the broker's clock as its sender knows it; -1 where lateness does not matter.\"},{\"name\":\"actor\",\"type\":\"string\",\"doc\":\"Who asked: the principal of the credential.\"},{\"name\":\"correlation_id\",\"type\":\"string\",\"doc\":\"The trace that the request belongs to.\"},{\"name\":\"reply_to\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The API instance at which the caller waits for the outcome.\",\"default\":null}]},\"doc\":\"About the command itself.\"},{\"name\":\"product_id\",\"type\":\"string\",\"doc\":\"The product; also the record key.\"},{\"name\":\"name\",\"type\":\"string\",\"doc\":\"Name for people.\"},{\"name\":\"price\",\"type\":{\"type\":\"record\",\"name\":\"Money\",\"doc\":\"An amount of money.\",\"fields\":[{\"name\":\"amount\",\"type\":\"long\",\"doc\":\"Minor units of the currency (cents), an integer below 2^53.\"},{\"name\":\"currency\",\"type\":\"string\",\"doc\":\"ISO 4217 code, three capital letters.\"}]},\"doc\":\"Price of one unit.\"},{\"name\":\"stock\",\"type\":[\"null\",\"long\"],\"doc\":\"Units on hand at the start; null for a product that is not tracked.\",\"default\":null},{\"name\":\"low_stock_threshold\",\"type\":[\"null\",\"long\"],\"doc\":\"Available units at or below which the level is low.\",\"default\":null},{\"name\":\"billing\",\"type\":{\"type\":\"enum\",\"name\":\"Billing\",\"doc\":\"Whether a product is paid once or again and again.\",\"symbols\":[\"single\",\"recurring\"],\"default\":\"single\"},\"doc\":\"Paid once or again and again.\"},{\"name\":\"frequency\",\"type\":[\"null\",\"string\"],\"doc\":\"How often a recurring product is billed, for people and billing systems.\",\"default\":null}]}"},
  {"name":"LedgerOpened","version":1,"schema":"{\"type\":\"record\",\"name\":\"LedgerOpened\",\"namespace\":\"ledger\",\"doc\":\"Genesis: the first record of every journal partition.\",\"fields\":[{\"name\":\"meta\",\"type\":{\"type\":\"record\",\"name\":\"Meta\",\"doc\":\"What every event says about the command that caused it.\",\"fields\":[{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"Offset of that command in the commands topic, same partition; -1 for the genesis event.\"},{\"name\":\"index\",\"type\":\"int\",\"doc\":\"Place of this event among the events of its command, from 0.\"},{\"name\":\"count\",\"type\":\"int\",\"doc\":\"How many events the command has.\"},{\"name\":\"sent\",\"type\":\"long\",\"doc\":\"The command up to which all messages to other partitions were acknowledged when this was appended.\"},{\"name\":\"at\",\"type\":\"long\",\"doc\":\"Log time of the command, ms since the epoch: the largest broker timestamp so far in the partition.\"},{\"name\":\"command_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"Identity of the command.\"},{\"name\":\"answers\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The command_id whose callers this event answers, if it answers any.\",\"default\":null},{\"name\":\"reply_to\",\"type\":{\"type\":\"array\",\"items\":\"string\"},\"doc\":\"The API instances at which those callers wait, at most 8.\",\"default\":[]},{\"name\":\"placed_at\",\"type\":[\"null\",\"long\"],\"doc\":\"Offset of the command that the answered callers sent.\",\"default\":null},{\"name\":\"source\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Source\",\"doc\":\"Where a message from another partition comes from.\",\"fields\":[{\"name\":\"partition\",\"type\":\"int\",\"doc\":\"The partition that sent it.\"},{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"The command there that caused it.\"}]}],\"doc\":\"Set when the command was a message from another partition.\",\"default\":null},{\"name\":\"remember\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Remember\",\"doc\":\"What the writer remembers under the command_id.\",\"fields\":[{\"name\":\"fingerprint\",\"type\":{\"type\":\"fixed\",\"name\":\"Fingerprint\",\"size\":32,\"doc\":\"SHA-256 of the operation and the canonical form (RFC 8785) of the request body.\"},\"doc\":\"What was asked under this command_id.\"},{\"name\":\"for_s\",\"type\":\"int\",\"doc\":\"For how long, in seconds of log time.\"}]}],\"doc\":\"Set on the event that answers, where the outcome is remembered.\",\"default\":null},{\"name\":\"actor\",\"type\":\"string\",\"doc\":\"Who asked.\"},{\"name\":\"correlation_id\",\"type\":\"string\",\"doc\":\"The trace that the command belongs to.\"},{\"name\":\"writer\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"The writer incarnation; for people, no rule reads it.\"}]},\"doc\":\"About the command.\"},{\"name\":\"ledger_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"Identity of the ledger.\"},{\"name\":\"partitions\",\"type\":\"int\",\"doc\":\"Partition count of both topics, fixed for life.\"}]}"},
  {"name":"OrderAccepted","version":1,"schema":"{\"type\":\"record\",\"name\":\"OrderAccepted\",\"namespace\":\"ledger\",\"doc\":\"An order holds all its lines.\",\"fields\":[{\"name\":\"meta\",\"type\":{\"type\":\"record\",\"name\":\"Meta\",\"doc\":\"What every event says about the command that caused it.\",\"fields\":[{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"Offset of that command in the commands topic, same partition; -1 for the genesis event.\"},{\"name\":\"index\",\"type\":\"int\",\"doc\":\"Place of this event among the events of its command, from 0.\"},{\"name\":\"count\",\"type\":\"int\",\"doc\":\"How many events the command has.\"},{\"name\":\"sent\",\"type\":\"long\",\"doc\":\"The command up to which all messages to other partitions were acknowledged when this was appended.\"},{\"name\":\"at\",\"type\":\"long\",\"doc\":\"Log time of the command, ms since the epoch: the largest broker timestamp so far in the partition.\"},{\"name\":\"command_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"Identity of the command.\"},{\"name\":\"answers\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The command_id whose callers this event answers, if it answers any.\",\"default\":null},{\"name\":\"reply_to\",\"type\":{\"type\":\"array\",\"items\":\"string\"},\"doc\":\"The API instances at which those callers wait, at most 8.\",\"default\":[]},{\"name\":\"placed_at\",\"type\":[\"null\",\"long\"],\"doc\":\"Offset of the command that the answered callers sent.\",\"default\":null},{\"name\":\"source\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Source\",\"doc\":\"Where a message from another partition comes from.\",\"fields\":[{\"name\":\"partition\",\"type\":\"int\",\"doc\":\"The partition that sent it.\"},{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"The command there that caused it.\"}]}],\"doc\":\"Set when the command was a message from another partition.\",\"default\":null},{\"name\":\"remember\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Remember\",\"doc\":\"What the writer remembers under the command_id.\",\"fields\":[{\"name\":\"fingerprint\",\"type\":{\"type\":\"fixed\",\"name\":\"Fingerprint\",\"size\":32,\"doc\":\"SHA-256 of the operation and the canonical form (RFC 8785) of the request body.\"},\"doc\":\"What was asked under this command_id.\"},{\"name\":\"for_s\",\"type\":\"int\",\"doc\":\"For how long, in seconds of log time.\"}]}],\"doc\":\"Set on the event that answers, where the outcome is remembered.\",\"default\":null},{\"name\":\"actor\",\"type\":\"string\",\"doc\":\"Who asked.\"},{\"name\":\"correlation_id\",\"type\":\"string\",\"doc\":\"The trace that the command belongs to.\"},{\"name\":\"writer\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"The writer incarnation; for people, no rule reads it.\"}]},\"doc\":\"About the command.\"},{\"name\":\"order_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"The order: a UUIDv8 whose first 16 bits are the home partition.\"},{\"name\":\"customer_id\",\"type\":\"string\",\"doc\":\"Who ordered.\"},{\"name\":\"lines\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"OrderLine\",\"doc\":\"One product of an order; lines of the same product are summed.\",\"fields\":[{\"name\":\"product_id\",\"type\":\"string\",\"doc\":\"The product.\"},{\"name\":\"quantity\",\"type\":\"long\",\"doc\":\"Units.\"},{\"name\":\"unit_price\",\"type\":{\"type\":\"record\",\"name\":\"Money\",\"doc\":\"An amount of money.\",\"fields\":[{\"name\":\"amount\",\"type\":\"long\",\"doc\":\"Minor units of the currency (cents), an integer below 2^53.\"},{\"name\":\"currency\",\"type\":\"string\",\"doc\":\"ISO 4217 code, three capital letters.\"}]},\"doc\":\"Price of one unit at the moment of the hold.\"},{\"name\":\"total\",\"type\":\"ledger.Money\",\"doc\":\"unit_price times quantity.\"},{\"name\":\"priority\",\"type\":{\"type\":\"enum\",\"name\":\"Priority\",\"doc\":\"How urgent an order or a line is, lowest first.\",\"symbols\":[\"low\",\"normal\",\"high\",\"critical\",\"max\"],\"default\":\"normal\"},\"doc\":\"Urgency of the line: the highest of the lines that were summed.\"}]}},\"doc\":\"What was ordered, one line a product.\"},{\"name\":\"total\",\"type\":\"ledger.Money\",\"doc\":\"Sum of the lines.\"},{\"name\":\"priority\",\"type\":\"ledger.Priority\",\"doc\":\"The highest of its lines' priorities.\"},{\"name\":\"payment\",\"type\":{\"type\":\"enum\",\"name\":\"Payment\",\"doc\":\"Who starts the payment of an order.\",\"symbols\":[\"automatic\",\"manual\"],\"default\":\"automatic\"},\"doc\":\"Who starts the payment.\"},{\"name\":\"reference\",\"type\":[\"null\",\"string\"],\"doc\":\"The client's own name for the order.\",\"default\":null},{\"name\":\"metadata\",\"type\":{\"type\":\"map\",\"values\":\"string\"},\"doc\":\"The client's own notes.\",\"default\":{}},{\"name\":\"expires_at\",\"type\":[\"null\",\"long\"],\"doc\":\"Log time after which it may expire unpaid, ms since the epoch.\",\"default\":null},{\"name\":\"repeat_window_s\",\"type\":\"int\",\"doc\":\"Seconds within which an equal order under another key is refused.\",\"default\":0},{\"name\":\"version\",\"type\":\"long\",\"doc\":\"1; counts the changes of the order.\"}]}"},
  {"name":"OrderCancelled","version":1,"schema":"{\"type\":\"record\",\"name\":\"OrderCancelled\",\"namespace\":\"ledger\",\"doc\":\"An order was given up; its stock is released by the events that follow.\",\"fields\":[{\"name\":\"meta\",\"type\":{\"type\":\"record\",\"name\":\"Meta\",\"doc\":\"What every event says about the command that caused it.\",\"fields\":[{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"Offset of that command in the commands topic, same partition; -1 for the genesis event.\"},{\"name\":\"index\",\"type\":\"int\",\"doc\":\"Place of this event among the events of its command, from 0.\"},{\"name\":\"count\",\"type\":\"int\",\"doc\":\"How many events the command has.\"},{\"name\":\"sent\",\"type\":\"long\",\"doc\":\"The command up to which all messages to other partitions were acknowledged when this was appended.\"},{\"name\":\"at\",\"type\":\"long\",\"doc\":\"Log time of the command, ms since the epoch: the largest broker timestamp so far in the partition.\"},{\"name\":\"command_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"Identity of the command.\"},{\"name\":\"answers\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The command_id whose callers this event answers, if it answers any.\",\"default\":null},{\"name\":\"reply_to\",\"type\":{\"type\":\"array\",\"items\":\"string\"},\"doc\":\"The API instances at which those callers wait, at most 8.\",\"default\":[]},{\"name\":\"placed_at\",\"type\":[\"null\",\"long\"],\"doc\":\"Offset of the command that the answered callers sent.\",\"default\":null},{\"name\":\"source\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Source\",\"doc\":\"Where a message from another partition comes from.\",\"fields\":[{\"name\":\"partition\",\"type\":\"int\",\"doc\":\"The partition that sent it.\"},{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"The command there that caused it.\"}]}],\"doc\":\"Set when the command was a message from another partition.\",\"default\":null},{\"name\":\"remember\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Remember\",\"doc\":\"What the writer remembers under the command_id.\",\"fields\":[{\"name\":\"fingerprint\",\"type\":{\"type\":\"fixed\",\"name\":\"Fingerprint\",\"size\":32,\"doc\":\"SHA-256 of the operation and the canonical form (RFC 8785) of the request body.\"},\"doc\":\"What was asked under this command_id.\"},{\"name\":\"for_s\",\"type\":\"int\",\"doc\":\"For how long, in seconds of log time.\"}]}],\"doc\":\"Set on the event that answers, where the outcome is remembered.\",\"default\":null},{\"name\":\"actor\",\"type\":\"string\",\"doc\":\"Who asked.\"},{\"name\":\"correlation_id\",\"type\":\"string\",\"doc\":\"The trace that the command belongs to.\"},{\"name\":\"writer\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"The writer incarnation; for people, no rule reads it.\"}]},\"doc\":\"About the command.\"},{\"name\":\"order_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"The order: a UUIDv8 whose first 16 bits are the home partition.\"},{\"name\":\"customer_id\",\"type\":\"string\",\"doc\":\"Whose order it was.\"},{\"name\":\"reason\",\"type\":[\"null\",\"string\"],\"doc\":\"Why, for people.\",\"default\":null},{\"name\":\"version\",\"type\":\"long\",\"doc\":\"Version of the order afterwards.\"}]}"},
  {"name":"OrderRefused","version":1,"schema":"{\"type\":\"record\",\"name\":\"OrderRefused\",\"namespace\":\"ledger\",\"doc\":\"An order could not be filled and holds nothing.\",\"fields\":[{\"name\":\"meta\",\"type\":{\"type\":\"record\",\"name\":\"Meta\",\"doc\":\"What every event says about the command that caused it.\",\"fields\":[{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"Offset of that command in the commands topic, same partition; -1 for the genesis event.\"},{\"name\":\"index\",\"type\":\"int\",\"doc\":\"Place of this event among the events of its command, from 0.\"},{\"name\":\"count\",\"type\":\"int\",\"doc\":\"How many events the command has.\"},{\"name\":\"sent\",\"type\":\"long\",\"doc\":\"The command up to which all messages to other partitions were acknowledged when this was appended.\"},{\"name\":\"at\",\"type\":\"long\",\"doc\":\"Log time of the command, ms since the epoch: the largest broker timestamp so far in the partition.\"},{\"name\":\"command_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"Identity of the command.\"},{\"name\":\"answers\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The command_id whose callers this event answers, if it answers any.\",\"default\":null},{\"name\":\"reply_to\",\"type\":{\"type\":\"array\",\"items\":\"string\"},\"doc\":\"The API instances at which those callers wait, at most 8.\",\"default\":[]},{\"name\":\"placed_at\",\"type\":[\"null\",\"long\"],\"doc\":\"Offset of the command that the answered callers sent.\",\"default\":null},{\"name\":\"source\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Source\",\"doc\":\"Where a message from another partition comes from.\",\"fields\":[{\"name\":\"partition\",\"type\":\"int\",\"doc\":\"The partition that sent it.\"},{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"The command there that caused it.\"}]}],\"doc\":\"Set when the command was a message from another partition.\",\"default\":null},{\"name\":\"remember\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Remember\",\"doc\":\"What the writer remembers under the command_id.\",\"fields\":[{\"name\":\"fingerprint\",\"type\":{\"type\":\"fixed\",\"name\":\"Fingerprint\",\"size\":32,\"doc\":\"SHA-256 of the operation and the canonical form (RFC 8785) of the request body.\"},\"doc\":\"What was asked under this command_id.\"},{\"name\":\"for_s\",\"type\":\"int\",\"doc\":\"For how long, in seconds of log time.\"}]}],\"doc\":\"Set on the event that answers, where the outcome is remembered.\",\"default\":null},{\"name\":\"actor\",\"type\":\"string\",\"doc\":\"Who asked.\"},{\"name\":\"correlation_id\",\"type\":\"string\",\"doc\":\"The trace that the command belongs to.\"},{\"name\":\"writer\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"The writer incarnation; for people, no rule reads it.\"}]},\"doc\":\"About the command.\"},{\"name\":\"order_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"The order: a UUIDv8 whose first 16 bits are the home partition.\"},{\"name\":\"customer_id\",\"type\":\"string\",\"doc\":\"Who ordered.\"},{\"name\":\"lines\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"OrderLine\",\"doc\":\"One product of an order; lines of the same product are summed.\",\"fields\":[{\"name\":\"product_id\",\"type\":\"string\",\"doc\":\"The product.\"},{\"name\":\"quantity\",\"type\":\"long\",\"doc\":\"Units.\"},{\"name\":\"unit_price\",\"type\":{\"type\":\"record\",\"name\":\"Money\",\"doc\":\"An amount of money.\",\"fields\":[{\"name\":\"amount\",\"type\":\"long\",\"doc\":\"Minor units of the currency (cents), an integer below 2^53.\"},{\"name\":\"currency\",\"type\":\"string\",\"doc\":\"ISO 4217 code, three capital letters.\"}]},\"doc\":\"Price of one unit at the moment of the hold.\"},{\"name\":\"total\",\"type\":\"ledger.Money\",\"doc\":\"unit_price times quantity.\"},{\"name\":\"priority\",\"type\":{\"type\":\"enum\",\"name\":\"Priority\",\"doc\":\"How urgent an order or a line is, lowest first.\",\"symbols\":[\"low\",\"normal\",\"high\",\"critical\",\"max\"],\"default\":\"normal\"},\"doc\":\"Urgency of the line: the highest of the lines that were summed.\"}]}},\"doc\":\"What was ordered, one line a product.\"},{\"name\":\"total\",\"type\":\"ledger.Money\",\"doc\":\"Sum of the lines.\"},{\"name\":\"priority\",\"type\":\"ledger.Priority\",\"doc\":\"The highest of its lines' priorities.\"},{\"name\":\"payment\",\"type\":{\"type\":\"enum\",\"name\":\"Payment\",\"doc\":\"Who starts the payment of an order.\",\"symbols\":[\"automatic\",\"manual\"],\"default\":\"automatic\"},\"doc\":\"Who starts the payment.\"},{\"name\":\"reference\",\"type\":[\"null\",\"string\"],\"doc\":\"The client's own name for the order.\",\"default\":null},{\"name\":\"metadata\",\"type\":{\"type\":\"map\",\"values\":\"string\"},\"doc\":\"The client's own notes.\",\"default\":{}},{\"name\":\"shortages\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Shortage\",\"doc\":\"A product of which there was too little.\",\"fields\":[{\"name\":\"product_id\",\"type\":\"string\",\"doc\":\"The product.\"},{\"name\":\"requested\",\"type\":\"long\",\"doc\":\"Units asked for.\"},{\"name\":\"available\",\"type\":\"long\",\"doc\":\"Units available at that moment.\"}]}},\"doc\":\"Every product that was short.\"},{\"name\":\"version\",\"type\":\"long\",\"doc\":\"1.\"}]}"},
  {"name":"PlaceOrder","version":1,"schema":"{\"type\":\"record\",\"name\":\"PlaceOrder\",\"namespace\":\"ledger\",\"doc\":\"Order products; all lines or none.\",\"fields\":[{\"name\":\"meta\",\"type\":{\"type\":\"record\",\"name\":\"CommandMeta\",\"doc\":\"What every command says about itself.\",\"fields\":[{\"name\":\"command_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"Identity of the request: derived from caller, operation and Idempotency-Key where there is a key, else drawn once per request.\"},{\"name\":\"fingerprint\",\"type\":{\"type\":\"fixed\",\"name\":\"Fingerprint\",\"size\":32,\"doc\":\"SHA-256 of the operation and the canonical form (RFC 8785) of the request body.\"},\"doc\":\"What was asked: the same command_id with another fingerprint is a reused key.\"},{\"name\":\"remember_for_s\",\"type\":\"int\",\"doc\":\"How long the writer remembers the outcome under command_id, in seconds of log time.\"},{\"name\":\"made_at\",\"type\":\"long\",\"doc\":\"When the command was made, ms since the epoch by the broker's clock as its sender knows it; -1 where lateness does not matter.\"},{\"name\":\"actor\",\"type\":\"string\",\"doc\":\"Who asked: the principal of the credential.\"},{\"name\":\"correlation_id\",\"type\":\"string\",\"doc\":\"The trace that the request belongs to.\"},{\"name\":\"reply_to\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The API instance at which the caller waits for the outcome.\",\"default\":null}]},\"doc\":\"About the command itself.\"},{\"name\":\"order_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"The order: a UUIDv8 whose first 16 bits are the home partition.\"},{\"name\":\"customer_id\",\"type\":\"string\",\"doc\":\"Who orders.\"},{\"name\":\"lines\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"RequestedLine\",\"doc\":\"One product of an order, as asked for.\",\"fields\":[{\"name\":\"product_id\",\"type\":\"string\",\"doc\":\"The product.\"},{\"name\":\"quantity\",\"type\":\"long\",\"doc\":\"Units asked for, 1 to 10^6.\"},{\"name\":\"priority\",\"type\":{\"type\":\"enum\",\"name\":\"Priority\",\"doc\":\"How urgent an order or a line is, lowest first.\",\"symbols\":[\"low\",\"normal\",\"high\",\"critical\",\"max\"],\"default\":\"normal\"},\"doc\":\"Urgency of the line.\"}]}},\"doc\":\"What is ordered, 1 to 100 lines.\"},{\"name\":\"priority\",\"type\":\"ledger.Priority\",\"doc\":\"Urgency of the lines that name none, as asked; the lines carry it already.\"},{\"name\":\"payment\",\"type\":{\"type\":\"enum\",\"name\":\"Payment\",\"doc\":\"Who starts the payment of an order.\",\"symbols\":[\"automatic\",\"manual\"],\"default\":\"automatic\"},\"doc\":\"Who starts the payment.\"},{\"name\":\"reference\",\"type\":[\"null\",\"string\"],\"doc\":\"The client's own name for the order.\",\"default\":null},{\"name\":\"metadata\",\"type\":{\"type\":\"map\",\"values\":\"string\"},\"doc\":\"The client's own notes.\",\"default\":{}},{\"name\":\"expires_after_s\",\"type\":\"int\",\"doc\":\"Seconds of log time after which an unpaid order may expire.\"},{\"name\":\"repeat_window_s\",\"type\":\"int\",\"doc\":\"Seconds within which the same customer's equal order under another key is refused; 0 for never.\"}]}"},
  {"name":"ProductArchived","version":1,"schema":"{\"type\":\"record\",\"name\":\"ProductArchived\",\"namespace\":\"ledger\",\"doc\":\"A product is no longer offered.\",\"fields\":[{\"name\":\"meta\",\"type\":{\"type\":\"record\",\"name\":\"Meta\",\"doc\":\"What every event says about the command that caused it.\",\"fields\":[{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"Offset of that command in the commands topic, same partition; -1 for the genesis event.\"},{\"name\":\"index\",\"type\":\"int\",\"doc\":\"Place of this event among the events of its command, from 0.\"},{\"name\":\"count\",\"type\":\"int\",\"doc\":\"How many events the command has.\"},{\"name\":\"sent\",\"type\":\"long\",\"doc\":\"The command up to which all messages to other partitions were acknowledged when this was appended.\"},{\"name\":\"at\",\"type\":\"long\",\"doc\":\"Log time of the command, ms since the epoch: the largest broker timestamp so far in the partition.\"},{\"name\":\"command_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"Identity of the command.\"},{\"name\":\"answers\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The command_id whose callers this event answers, if it answers any.\",\"default\":null},{\"name\":\"reply_to\",\"type\":{\"type\":\"array\",\"items\":\"string\"},\"doc\":\"The API instances at which those callers wait, at most 8.\",\"default\":[]},{\"name\":\"placed_at\",\"type\":[\"null\",\"long\"],\"doc\":\"Offset of the command that the answered callers sent.\",\"default\":null},{\"name\":\"source\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Source\",\"doc\":\"Where a message from another partition comes from.\",\"fields\":[{\"name\":\"partition\",\"type\":\"int\",\"doc\":\"The partition that sent it.\"},{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"The command there that caused it.\"}]}],\"doc\":\"Set when the command was a message from another partition.\",\"default\":null},{\"name\":\"remember\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Remember\",\"doc\":\"What the writer remembers under the command_id.\",\"fields\":[{\"name\":\"fingerprint\",\"type\":{\"type\":\"fixed\",\"name\":\"Fingerprint\",\"size\":32,\"doc\":\"SHA-256 of the operation and the canonical form (RFC 8785) of the request body.\"},\"doc\":\"What was asked under this command_id.\"},{\"name\":\"for_s\",\"type\":\"int\",\"doc\":\"For how long, in seconds of log time.\"}]}],\"doc\":\"Set on the event that answers, where the outcome is remembered.\",\"default\":null},{\"name\":\"actor\",\"type\":\"string\",\"doc\":\"Who asked.\"},{\"name\":\"correlation_id\",\"type\":\"string\",\"doc\":\"The trace that the command belongs to.\"},{\"name\":\"writer\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"The writer incarnation; for people, no rule reads it.\"}]},\"doc\":\"About the command.\"},{\"name\":\"product_id\",\"type\":\"string\",\"doc\":\"The product; also the record key.\"},{\"name\":\"version\",\"type\":\"long\",\"doc\":\"Version now.\"}]}"},
  {"name":"ProductChanged","version":1,"schema":"{\"type\":\"record\",\"name\":\"ProductChanged\",\"namespace\":\"ledger\",\"doc\":\"What people say about a product changed; all values afterwards.\",\"fields\":[{\"name\":\"meta\",\"type\":{\"type\":\"record\",\"name\":\"Meta\",\"doc\":\"What every event says about the command that caused it.\",\"fields\":[{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"Offset of that command in the commands topic, same partition; -1 for the genesis event.\"},{\"name\":\"index\",\"type\":\"int\",\"doc\":\"Place of this event among the events of its command, from 0.\"},{\"name\":\"count\",\"type\":\"int\",\"doc\":\"How many events the command has.\"},{\"name\":\"sent\",\"type\":\"long\",\"doc\":\"The command up to which all messages to other partitions were acknowledged when this was appended.\"},{\"name\":\"at\",\"type\":\"long\",\"doc\":\"Log time of the command, ms since the epoch: the largest broker timestamp so far in the partition.\"},{\"name\":\"command_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"Identity of the command.\"},{\"name\":\"answers\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The command_id whose callers this event answers, if it answers any.\",\"default\":null},{\"name\":\"reply_to\",\"type\":{\"type\":\"array\",\"items\":\"string\"},\"doc\":\"The API instances at which those callers wait, at most 8.\",\"default\":[]},{\"name\":\"placed_at\",\"type\":[\"null\",\"long\"],\"doc\":\"Offset of the command that the answered callers sent.\",\"default\":null},{\"name\":\"source\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Source\",\"doc\":\"Where a message from another partition comes from.\",\"fields\":[{\"name\":\"partition\",\"type\":\"int\",\"doc\":\"The partition that sent it.\"},{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"The command there that caused it.\"}]}],\"doc\":\"Set when the command was a message from another partition.\",\"default\":null},{\"name\":\"remember\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Remember\",\"doc\":\"What the writer remembers under the command_id.\",\"fields\":[{\"name\":\"fingerprint\",\"type\":{\"type\":\"fixed\",\"name\":\"Fingerprint\",\"size\":32,\"doc\":\"SHA-256 of the operation and the canonical form (RFC 8785) of the request body.\"},\"doc\":\"What was asked under this command_id.\"},{\"name\":\"for_s\",\"type\":\"int\",\"doc\":\"For how long, in seconds of log time.\"}]}],\"doc\":\"Set on the event that answers, where the outcome is remembered.\",\"default\":null},{\"name\":\"actor\",\"type\":\"string\",\"doc\":\"Who asked.\"},{\"name\":\"correlation_id\",\"type\":\"string\",\"doc\":\"The trace that the command belongs to.\"},{\"name\":\"writer\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"The writer incarnation; for people, no rule reads it.\"}]},\"doc\":\"About the command.\"},{\"name\":\"product_id\",\"type\":\"string\",\"doc\":\"The product; also the record key.\"},{\"name\":\"name\",\"type\":\"string\",\"doc\":\"Name now.\"},{\"name\":\"price\",\"type\":{\"type\":\"record\",\"name\":\"Money\",\"doc\":\"An amount of money.\",\"fields\":[{\"name\":\"amount\",\"type\":\"long\",\"doc\":\"Minor units of the currency (cents), an integer below 2^53.\"},{\"name\":\"currency\",\"type\":\"string\",\"doc\":\"ISO 4217 code, three capital letters.\"}]},\"doc\":\"Price now.\"},{\"name\":\"low_stock_threshold\",\"type\":[\"null\",\"long\"],\"doc\":\"Threshold now.\",\"default\":null},{\"name\":\"version\",\"type\":\"long\",\"doc\":\"Version now.\"}]}"},
  {"name":"ProductCreated","version":1,"schema":"{\"type\":\"record\",\"name\":\"ProductCreated\",\"namespace\":\"ledger\",\"doc\":\"A product is offered.\",\"fields\":[{\"name\":\"meta\",\"type\":{\"type\":\"record\",\"name\":\"Meta\",\"doc\":\"What every event says about the command that caused it.\",\"fields\":[{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"Offset of that command in the commands topic, same partition; -1 for the genesis event.\"},{\"name\":\"index\",\"type\":\"int\",\"doc\":\"Place of this event among the events of its command, from 0.\"},{\"name\":\"count\",\"type\":\"int\",\"doc\":\"How many events the command has.\"},{\"name\":\"sent\",\"type\":\"long\",\"doc\":\"The command up to which all messages to other partitions were acknowledged when this was appended.\"},{\"name\":\"at\",\"type\":\"long\",\"doc\":\"Log time of the command, ms since the epoch: the largest broker timestamp so far in the partition.\"},{\"name\":\"command_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"Identity of the command.\"},{\"name\":\"answers\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The command_id whose callers this event answers, if it answers any.\",\"default\":null},{\"name\":\"reply_to\",\"type\":{\"type\":\"array\",\"items\":\"string\"},\"doc\":\"The API instances at which those callers wait, at most 8.\",\"default\":[]},{\"name\":\"placed_at\",\"type\":[\"null\",\"long\"],\"doc\":\"Offset of the command that the answered callers sent.\",\"default\":null},{\"name\":\"source\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Source\",\"doc\":\"Where a message from another partition comes from.\",\"fields\":[{\"name\":\"partition\",\"type\":\"int\",\"doc\":\"The partition that sent it.\"},{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"The command there that caused it.\"}]}],\"doc\":\"Set when the command was a message from another partition.\",\"default\":null},{\"name\":\"remember\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Remember\",\"doc\":\"What the writer remembers under the command_id.\",\"fields\":[{\"name\":\"fingerprint\",\"type\":{\"type\":\"fixed\",\"name\":\"Fingerprint\",\"size\":32,\"doc\":\"SHA-256 of the operation and the canonical form (RFC 8785) of the request body.\"},\"doc\":\"What was asked under this command_id.\"},{\"name\":\"for_s\",\"type\":\"int\",\"doc\":\"For how long, in seconds of log time.\"}]}],\"doc\":\"Set on the event that answers, where the outcome is remembered.\",\"default\":null},{\"name\":\"actor\",\"type\":\"string\",\"doc\":\"Who asked.\"},{\"name\":\"correlation_id\",\"type\":\"string\",\"doc\":\"The trace that the command belongs to.\"},{\"name\":\"writer\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"The writer incarnation; for people, no rule reads it.\"}]},\"doc\":\"About the command.\"},{\"name\":\"product_id\",\"type\":\"string\",\"doc\":\"The product; also the record key.\"},{\"name\":\"name\",\"type\":\"string\",\"doc\":\"Name for people.\"},{\"name\":\"price\",\"type\":{\"type\":\"record\",\"name\":\"Money\",\"doc\":\"An amount of money.\",\"fields\":[{\"name\":\"amount\",\"type\":\"long\",\"doc\":\"Minor units of the currency (cents), an integer below 2^53.\"},{\"name\":\"currency\",\"type\":\"string\",\"doc\":\"ISO 4217 code, three capital letters.\"}]},\"doc\":\"Price of one unit.\"},{\"name\":\"stock\",\"type\":[\"null\",\"long\"],\"doc\":\"Units on hand at the start; null for a product that is not tracked.\",\"default\":null},{\"name\":\"low_stock_threshold\",\"type\":[\"null\",\"long\"],\"doc\":\"Available units at or below which the level is low.\",\"default\":null},{\"name\":\"billing\",\"type\":{\"type\":\"enum\",\"name\":\"Billing\",\"doc\":\"Whether a product is paid once or again and again.\",\"symbols\":[\"single\",\"recurring\"],\"default\":\"single\"},\"doc\":\"Paid once or again and again.\"},{\"name\":\"frequency\",\"type\":[\"null\",\"string\"],\"doc\":\"How often a recurring product is billed, for people and billing systems.\",\"default\":null},{\"name\":\"version\",\"type\":\"long\",\"doc\":\"1; counts what people change.\"}]}"},
  {"name":"StockAdjusted","version":1,"schema":"{\"type\":\"record\",\"name\":\"StockAdjusted\",\"namespace\":\"ledger\",\"doc\":\"Somebody added or took away units.\",\"fields\":[{\"name\":\"meta\",\"type\":{\"type\":\"record\",\"name\":\"Meta\",\"doc\":\"What every event says about the command that caused it.\",\"fields\":[{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"Offset of that command in the commands topic, same partition; -1 for the genesis event.\"},{\"name\":\"index\",\"type\":\"int\",\"doc\":\"Place of this event among the events of its command, from 0.\"},{\"name\":\"count\",\"type\":\"int\",\"doc\":\"How many events the command has.\"},{\"name\":\"sent\",\"type\":\"long\",\"doc\":\"The command up to which all messages to other partitions were acknowledged when this was appended.\"},{\"name\":\"at\",\"type\":\"long\",\"doc\":\"Log time of the command, ms since the epoch: the largest broker timestamp so far in the partition.\"},{\"name\":\"command_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"Identity of the command.\"},{\"name\":\"answers\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The command_id whose callers this event answers, if it answers any.\",\"default\":null},{\"name\":\"reply_to\",\"type\":{\"type\":\"array\",\"items\":\"string\"},\"doc\":\"The API instances at which those callers wait, at most 8.\",\"default\":[]},{\"name\":\"placed_at\",\"type\":[\"null\",\"long\"],\"doc\":\"Offset of the command that the answered callers sent.\",\"default\":null},{\"name\":\"source\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Source\",\"doc\":\"Where a message from another partition comes from.\",\"fields\":[{\"name\":\"partition\",\"type\":\"int\",\"doc\":\"The partition that sent it.\"},{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"The command there that caused it.\"}]}],\"doc\":\"Set when the command was a message from another partition.\",\"default\":null},{\"name\":\"remember\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Remember\",\"doc\":\"What the writer remembers under the command_id.\",\"fields\":[{\"name\":\"fingerprint\",\"type\":{\"type\":\"fixed\",\"name\":\"Fingerprint\",\"size\":32,\"doc\":\"SHA-256 of the operation and the canonical form (RFC 8785) of the request body.\"},\"doc\":\"What was asked under this command_id.\"},{\"name\":\"for_s\",\"type\":\"int\",\"doc\":\"For how long, in seconds of log time.\"}]}],\"doc\":\"Set on the event that answers, where the outcome is remembered.\",\"default\":null},{\"name\":\"actor\",\"type\":\"string\",\"doc\":\"Who asked.\"},{\"name\":\"correlation_id\",\"type\":\"string\",\"doc\":\"The trace that the command belongs to.\"},{\"name\":\"writer\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"The writer incarnation; for people, no rule reads it.\"}]},\"doc\":\"About the command.\"},{\"name\":\"product_id\",\"type\":\"string\",\"doc\":\"The product; also the record key.\"},{\"name\":\"delta\",\"type\":\"long\",\"doc\":\"Units added; negative when taken away.\"},{\"name\":\"on_hand\",\"type\":\"long\",\"doc\":\"Units on hand afterwards.\"},{\"name\":\"held\",\"type\":\"long\",\"doc\":\"Units held.\"},{\"name\":\"reason\",\"type\":\"string\",\"doc\":\"Why, for people.\"},{\"name\":\"reference\",\"type\":[\"null\",\"string\"],\"doc\":\"Their document.\",\"default\":null},{\"name\":\"version\",\"type\":\"long\",\"doc\":\"Version of the product afterwards.\"}]}"},
  {"name":"StockHeld","version":1,"schema":"{\"type\":\"record\",\"name\":\"StockHeld\",\"namespace\":\"ledger\",\"doc\":\"Units are set aside for an order.\",\"fields\":[{\"name\":\"meta\",\"type\":{\"type\":\"record\",\"name\":\"Meta\",\"doc\":\"What every event says about the command that caused it.\",\"fields\":[{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"Offset of that command in the commands topic, same partition; -1 for the genesis event.\"},{\"name\":\"index\",\"type\":\"int\",\"doc\":\"Place of this event among the events of its command, from 0.\"},{\"name\":\"count\",\"type\":\"int\",\"doc\":\"How many events the command has.\"},{\"name\":\"sent\",\"type\":\"long\",\"doc\":\"The command up to which all messages to other partitions were acknowledged when this was appended.\"},{\"name\":\"at\",\"type\":\"long\",\"doc\":\"Log time of the command, ms since the epoch: the largest broker timestamp so far in the partition.\"},{\"name\":\"command_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"Identity of the command.\"},{\"name\":\"answers\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The command_id whose callers this event answers, if it answers any.\",\"default\":null},{\"name\":\"reply_to\",\"type\":{\"type\":\"array\",\"items\":\"string\"},\"doc\":\"The API instances at which those callers wait, at most 8.\",\"default\":[]},{\"name\":\"placed_at\",\"type\":[\"null\",\"long\"],\"doc\":\"Offset of the command that the answered callers sent.\",\"default\":null},{\"name\":\"source\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Source\",\"doc\":\"Where a message from another partition comes from.\",\"fields\":[{\"name\":\"partition\",\"type\":\"int\",\"doc\":\"The partition that sent it.\"},{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"The command there that caused it.\"}]}],\"doc\":\"Set when the command was a message from another partition.\",\"default\":null},{\"name\":\"remember\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Remember\",\"doc\":\"What the writer remembers under the command_id.\",\"fields\":[{\"name\":\"fingerprint\",\"type\":{\"type\":\"fixed\",\"name\":\"Fingerprint\",\"size\":32,\"doc\":\"SHA-256 of the operation and the canonical form (RFC 8785) of the request body.\"},\"doc\":\"What was asked under this command_id.\"},{\"name\":\"for_s\",\"type\":\"int\",\"doc\":\"For how long, in seconds of log time.\"}]}],\"doc\":\"Set on the event that answers, where the outcome is remembered.\",\"default\":null},{\"name\":\"actor\",\"type\":\"string\",\"doc\":\"Who asked.\"},{\"name\":\"correlation_id\",\"type\":\"string\",\"doc\":\"The trace that the command belongs to.\"},{\"name\":\"writer\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"The writer incarnation; for people, no rule reads it.\"}]},\"doc\":\"About the command.\"},{\"name\":\"product_id\",\"type\":\"string\",\"doc\":\"The product; also the record key.\"},{\"name\":\"order_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"The order: a UUIDv8 whose first 16 bits are the home partition.\"},{\"name\":\"quantity\",\"type\":\"long\",\"doc\":\"Units held.\"},{\"name\":\"on_hand\",\"type\":[\"null\",\"long\"],\"doc\":\"Units on hand afterwards; null when the product is not tracked.\",\"default\":null},{\"name\":\"held\",\"type\":\"long\",\"doc\":\"Units held afterwards.\"}]}"},
  {"name":"StockReleased","version":1,"schema":"{\"type\":\"record\",\"name\":\"StockReleased\",\"namespace\":\"ledger\",\"doc\":\"Units set aside for an order are available again.\",\"fields\":[{\"name\":\"meta\",\"type\":{\"type\":\"record\",\"name\":\"Meta\",\"doc\":\"What every event says about the command that caused it.\",\"fields\":[{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"Offset of that command in the commands topic, same partition; -1 for the genesis event.\"},{\"name\":\"index\",\"type\":\"int\",\"doc\":\"Place of this event among the events of its command, from 0.\"},{\"name\":\"count\",\"type\":\"int\",\"doc\":\"How many events the command has.\"},{\"name\":\"sent\",\"type\":\"long\",\"doc\":\"The command up to which all messages to other partitions were acknowledged when this was appended.\"},{\"name\":\"at\",\"type\":\"long\",\"doc\":\"Log time of the command, ms since the epoch: the largest broker timestamp so far in the partition.\"},{\"name\":\"command_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"Identity of the command.\"},{\"name\":\"answers\",\"type\":[\"null\",{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"doc\":\"The command_id whose callers this event answers, if it answers any.\",\"default\":null},{\"name\":\"reply_to\",\"type\":{\"type\":\"array\",\"items\":\"string\"},\"doc\":\"The API instances at which those callers wait, at most 8.\",\"default\":[]},{\"name\":\"placed_at\",\"type\":[\"null\",\"long\"],\"doc\":\"Offset of the command that the answered callers sent.\",\"default\":null},{\"name\":\"source\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Source\",\"doc\":\"Where a message from another partition comes from.\",\"fields\":[{\"name\":\"partition\",\"type\":\"int\",\"doc\":\"The partition that sent it.\"},{\"name\":\"command_offset\",\"type\":\"long\",\"doc\":\"The command there that caused it.\"}]}],\"doc\":\"Set when the command was a message from another partition.\",\"default\":null},{\"name\":\"remember\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Remember\",\"doc\":\"What the writer remembers under the command_id.\",\"fields\":[{\"name\":\"fingerprint\",\"type\":{\"type\":\"fixed\",\"name\":\"Fingerprint\",\"size\":32,\"doc\":\"SHA-256 of the operation and the canonical form (RFC 8785) of the request body.\"},\"doc\":\"What was asked under this command_id.\"},{\"name\":\"for_s\",\"type\":\"int\",\"doc\":\"For how long, in seconds of log time.\"}]}],\"doc\":\"Set on the event that answers, where the outcome is remembered.\",\"default\":null},{\"name\":\"actor\",\"type\":\"string\",\"doc\":\"Who asked.\"},{\"name\":\"correlation_id\",\"type\":\"string\",\"doc\":\"The trace that the command belongs to.\"},{\"name\":\"writer\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"The writer incarnation; for people, no rule reads it.\"}]},\"doc\":\"About the command.\"},{\"name\":\"product_id\",\"type\":\"string\",\"doc\":\"The product; also the record key.\"},{\"name\":\"order_id\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"},\"doc\":\"The order: a UUIDv8 whose first 16 bits are the home partition.\"},{\"name\":\"quantity\",\"type\":\"long\",\"doc\":\"Units released.\"},{\"name\":\"on_hand\",\"type\":[\"null\",\"long\"],\"doc\":\"Units on hand afterwards; null when the product is not tracked.\",\"default\":null},{\"name\":\"held\",\"type\":\"long\",\"doc\":\"Units held afterwards.\"}]}"},
];
