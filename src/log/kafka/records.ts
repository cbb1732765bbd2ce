// Records between kafkajs' shape and the port's. Offsets and times come as text and are parsed here only.
import type { IHeaders, KafkaMessage, Message } from 'kafkajs';
import type { LogRecord, OutgoingRecord } from '../port.ts';

export function toRecord(message: KafkaMessage): LogRecord {
  return {
    offset: toOffset(message.offset),
    at: Number(message.timestamp),
    key: message.key,
    value: message.value,
    headers: withoutNulls(message.headers),
    hole: false,
  };
}

export function holeAt(offset: number): LogRecord {
  return { offset, at: -1, key: null, value: null, headers: {}, hole: true };
}

/** `timestamp` must be one for the whole batch: kafkajs sorts them as text. */
export function toMessage(partition: number, record: OutgoingRecord, timestamp: string): Message {
  return {
    partition,
    timestamp,
    key: typeof record.key === 'string' || record.key === null ? record.key : asBuffer(record.key),
    value: record.value === null ? null : asBuffer(record.value),
    headers: Object.fromEntries(Object.entries(record.headers ?? {}).map(([name, value]) => [name, asBuffer(value)])),
  };
}

/** @throws Error when it is no safe integer */
export function toOffset(text: string): number {
  const offset = Number(text);
  if (!Number.isSafeInteger(offset)) throw new Error(`${text} is no offset`);
  return offset;
}

/** A header without a value, which kafkajs gives as null against its own types, counts as absent. */
function withoutNulls(headers: IHeaders | undefined): LogRecord['headers'] {
  if (headers === undefined) return {};
  for (const name in headers) {
    if (headers[name] === null) {
      return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== null));
    }
  }
  return headers;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
