// Snapshots as records: the pieces of a state and, last of all, a manifest. Two slots take turns, so that a snapshot
// that is half written never lies where the one before it lay.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { uuidToBytes } from './journal.ts';
import type { LogRecord, OutgoingRecord } from './port.ts';

const offset = z.int().min(0);

const manifestSchema = z.strictObject({
  snapshot_id: z.uuid(),
  ledger_id: z.string(),
  partition: offset,
  slot: z.union([z.literal(0), z.literal(1)]),
  evolve_version: z.int(),
  /** Of the release that wrote it; for people. */
  code_version: z.string(),
  /** Journal offset behind the last event that is in it. */
  end: z.int().min(1),
  /** Log time, ms. */
  log_time: z.number(),
  /** The last event that is in it. Its command is how far commands were decided. */
  last: z.strictObject({
    offset,
    command_offset: z.int().min(-1),
    index: offset,
    count: z.int().min(1),
    command_id: z.string(),
    at: z.number(),
    reason: z.string(),
  }),
  pieces: z.int().min(1),
  bytes: z.int().min(0),
  /** Where its first piece lies in the topic of snapshots. */
  first_offset: offset,
  /** SHA-256 of all its pieces, hexadecimal. */
  state_hash: z.string(),
});

/** What is known of a snapshot without its pieces. */
export type Manifest = z.infer<typeof manifestSchema>;

/** Bytes that a request with pieces comes to at most, unless one piece alone is larger. */
export const sendBytesTarget = 262_144;
/** What the topic of snapshots must take in one batch. */
export const snapshotBytesMax = 1_000_000;

const idHeader = 's';
const hashHeader = 'h';

export function pieceRecord(manifest: PieceOf, number: number, piece: Uint8Array): OutgoingRecord {
  const { partition, slot, snapshot_id } = manifest;
  return { key: `${partition}/${slot}/${number}`, value: piece, headers: { [idHeader]: uuidToBytes(snapshot_id) } };
}

/** What a piece says about where it belongs. */
type PieceOf = Pick<Manifest, 'partition' | 'slot' | 'snapshot_id'>;

export function manifestRecord(manifest: Manifest): OutgoingRecord {
  const value = Buffer.from(JSON.stringify(manifest));
  return { key: `${manifest.partition}/${manifest.slot}/manifest`, value, headers: { [hashHeader]: sha256(value) } };
}

/** The manifest that a record is, or null where it is none, or was damaged. */
export function readManifest({ value, headers }: LogRecord): Manifest | null {
  const stated = headers[hashHeader];
  if (value === null || !(stated instanceof Uint8Array) || Buffer.compare(stated, sha256(value)) !== 0) return null;
  const parsed = manifestSchema.safeParse(parseJson(Buffer.from(value).toString('utf8')));
  return parsed.success ? parsed.data : null;
}

/** Whether a record is a piece of this snapshot. */
export function isPieceOf({ snapshot_id }: Manifest, { headers, value }: LogRecord): boolean {
  const id = headers[idHeader];
  return value !== null && id instanceof Uint8Array && Buffer.compare(id, uuidToBytes(snapshot_id)) === 0;
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON is no manifest; what follows from that is the reader's business.
    return undefined;
  }
}
