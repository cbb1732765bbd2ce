// HTTP room: identities. They are derived, so that a retry is the same request wherever it arrives; the only casts to
// branded ids stand here.
import { hash, randomUUID } from 'node:crypto';
import canonicalize from 'canonicalize';

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

export type CommandId = Brand<string, 'CommandId'>;
export type OrderId = Brand<string, 'OrderId'>;
export type ProductId = Brand<string, 'ProductId'>;
/** The value of an Idempotency-Key header without its quotes: 1 to 255 visible ASCII characters. */
export type IdempotencyKey = Brand<string, 'IdempotencyKey'>;

/** What a request asks for; part of its identity and of its fingerprint, so the names are for ever. */
export type Operation =
  | 'place_order'
  | 'purchase_product'
  | 'adjust_stock'
  | 'create_product'
  | 'change_product'
  | 'archive_product'
  | 'cancel_order'
  | 'pay_order';

/** Length of the period in which the same request proposes the same order id, ms. */
export const orderIdPeriodMs = 12 * 60 * 60 * 1000;

export const productIdPattern = '^[A-Za-z0-9._-]{1,64}$';
const productIdRegExp = new RegExp(productIdPattern);
const uuidV8RegExp = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** What is hashed begins with what it is, so that no two kinds of identity can be the same bytes. */
const keyedPrefix = Buffer.from('ledger command_id 1');
const orderPrefix = Buffer.from('ledger order_id 1');
/** A bare key does not begin with a quote. */
export const idempotencyKeyPattern = '^(?:[!#-~][!-~]{0,254}|"[!-~]{1,255}")$';
const keyRegExp = new RegExp(idempotencyKeyPattern);

/** Reads an Idempotency-Key, quoted or bare. @returns null when it is not acceptable */
export function parseIdempotencyKey(header: string): IdempotencyKey | null {
  if (!keyRegExp.test(header)) return null;
  return (/^"(.*)"$/.exec(header)?.[1] ?? header) as IdempotencyKey;
}

/** @returns null when the text cannot be the id of a product */
export function parseProductId(text: string): ProductId | null {
  return productIdRegExp.test(text) ? (text as ProductId) : null;
}

/** A new product's id, where the client names none. */
export function newProductId(): ProductId {
  return randomUUID() as ProductId;
}

/** Reads an order id. @returns null when it is no UUIDv8 or names a partition that the ledger does not have */
export function parseOrderId(text: string, partitions: number): { id: OrderId; partition: number } | null {
  const lower = text.toLowerCase();
  if (!uuidV8RegExp.test(lower)) return null;
  const partition = Number.parseInt(lower.slice(0, 4), 16);
  return partition < partitions ? { id: lower as OrderId, partition } : null;
}

/** Identity of a keyed request. The parts are framed by their lengths, so no two different triples are one text. */
export function keyedCommandId(principal: string, operation: Operation, key: IdempotencyKey): CommandId {
  const parts = [principal, operation, key].flatMap((part) => {
    const bytes = Buffer.from(part, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  const digest = hash('sha256', Buffer.concat([keyedPrefix, ...parts]), 'buffer');
  return uuidV8(digest.subarray(0, 16)) as CommandId;
}

/** Identity of a request without a key: drawn once for each request. */
export function freshCommandId(): CommandId {
  return randomUUID() as CommandId;
}

/**
 * The order id that a request proposes: the home partition, then a hash of the command and of the period of the
 * broker's clock (ms since the epoch), so that a key used again after its window makes another order.
 */
export function proposeOrderId(home: number, commandId: CommandId, brokerNow: number): OrderId {
  const period = Buffer.alloc(8);
  period.writeUIntBE(Math.floor(brokerNow / orderIdPeriodMs), 2, 6);
  const digest = hash('sha256', Buffer.concat([orderPrefix, Buffer.from(commandId, 'ascii'), period]), 'buffer');
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16BE(home, 0);
  digest.copy(bytes, 2, 0, 14);
  return uuidV8(bytes) as OrderId;
}

/** SHA-256 of the operation and the canonical form (RFC 8785) of what is asked; the order of lines counts. */
export function fingerprintOf(operation: Operation, effective: object): Uint8Array {
  return hash('sha256', `${operation}\n${canonicalize(effective) ?? ''}`, 'buffer');
}

/** The product with which an order lives: the smallest id by code unit order. `ids` is not empty. */
export function homeProduct(ids: readonly string[]): string {
  return ids.reduce((smallest, id) => (id < smallest ? id : smallest));
}

function uuidV8(bytes: Uint8Array): string {
  const own = Buffer.from(bytes);
  own[6] = ((own[6] ?? 0) & 0x0f) | 0x80;
  own[8] = ((own[8] ?? 0) & 0x3f) | 0x80;
  const hex = own.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
