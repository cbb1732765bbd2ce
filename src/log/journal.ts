// The canonical rule of the journal, for every reader: a record counts if it lies at the offset it states; every other
// record is void. Needs no state, no special start and no decoding. Nothing else in the project repeats this rule.
import type { Meta } from '../../schemas/generated.ts';
import type { LogRecord } from './port.ts';

/** Name of the one header of a journal record: the stated offset (8 bytes, big-endian), then 16 bytes a waiter. */
export const positionHeader = 'l';
/** API instances that one event answers at most. */
export const waitersPerEventMax = 8;

const offsetBytes = 8;
const uuidBytes = 16;

/** Whether a journal record is part of history. */
export function counts(record: LogRecord): boolean {
  const header = record.headers[positionHeader];
  if (record.hole || !(header instanceof Uint8Array)) return false;
  const waiterBytes = header.length - offsetBytes;
  if (waiterBytes < 0 || waiterBytes % uuidBytes !== 0 || waiterBytes > waitersPerEventMax * uuidBytes) return false;
  return statedOffset(header) === record.offset;
}

/** Writes the header of a record that is meant for `offset` and answers callers at these instances (uuids). */
export function positionOf(offset: number, replyTo: readonly string[]): Uint8Array {
  const header = Buffer.alloc(offsetBytes + uuidBytes * replyTo.length);
  header.writeUInt32BE(Math.floor(offset / 2 ** 32), 0);
  header.writeUInt32BE(offset % 2 ** 32, 4);
  replyTo.forEach((uuid, i) => header.set(uuidToBytes(uuid), offsetBytes + uuidBytes * i));
  return header;
}

/** Whether callers at this instance (16 bytes) wait for the event of a record. Says nothing about whether it counts. */
export function answersAt(record: LogRecord, instance: Uint8Array): boolean {
  const header = record.headers[positionHeader];
  if (!(header instanceof Uint8Array)) return false;
  for (let at = offsetBytes; at + uuidBytes <= header.length; at += uuidBytes) {
    if (Buffer.compare(header.subarray(at, at + uuidBytes), instance) === 0) return true;
  }
  return false;
}

/** The 16 bytes of a uuid. */
export function uuidToBytes(uuid: string): Uint8Array {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

/** Place of the last counted event: which command it belongs to and how far that command has come. */
export type Place = Pick<Meta, 'command_offset' | 'index' | 'count'>;

/** Whether history ends at a whole command here. */
export function isWhole(place: Place): boolean {
  return place.index === place.count - 1;
}

/**
 * Whether a counted event may come right after another: the next event of the same command, or the first of the next
 * one. `null` stands for the empty journal, after which only genesis may come. A break means that data was lost.
 */
export function mayFollow(previous: Place | null, next: Place): boolean {
  if (next.count < 1 || next.index >= next.count) return false;
  if (previous === null) return next.command_offset === -1 && next.index === 0;
  if (!isWhole(previous)) {
    const same = next.command_offset === previous.command_offset && next.count === previous.count;
    return same && next.index === previous.index + 1;
  }
  return next.command_offset === previous.command_offset + 1 && next.index === 0;
}

function statedOffset(header: Uint8Array): number {
  const view = new DataView(header.buffer, header.byteOffset, offsetBytes);
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4);
}
