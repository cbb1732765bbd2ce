// Writes one snapshot of a fold that is held still: pieces while commands go on being decided, then the manifest that
// makes them one.
import { createHash, randomUUID } from 'node:crypto';
import type { Connection } from './connection.ts';
import type { StateCodec } from './decider-port.ts';
import type { Fold } from './partition-journal.ts';
import type { OutgoingRecord, Pace } from './port.ts';
import type { Manifest } from './snapshot-record.ts';
import { manifestRecord, pieceBytes, pieceRecord, sendBytesTarget } from './snapshot-record.ts';

export interface SnapshotTarget<S> {
  /** Its own: it must not delay the journal. */
  readonly connection: Connection;
  readonly topic: string;
  readonly states: StateCodec<S>;
  readonly pace: Pace;
  readonly ledgerId: string;
  readonly codeVersion: string;
}

/** Rest between two pieces, ms, in which commands are decided. */
const restMs = 2;

/** @throws LogError; the signal's reason when aborted */
export async function writeSnapshot<S>(
  target: SnapshotTarget<S>,
  { partition, slot }: Pick<Manifest, 'partition' | 'slot'>,
  fold: Fold<S>,
  signal: AbortSignal,
): Promise<Manifest> {
  const { connection, topic, states, pace } = target;
  const place = { snapshot_id: randomUUID(), partition, slot };
  const hash = createHash('sha256');
  let pieces = 0;
  let bytes = 0;
  let first: number | null = null;
  let batch: OutgoingRecord[] = [];
  let batchBytes = 0;

  async function send(): Promise<void> {
    const landed = await connection.append(topic, new Map([[partition, batch]]));
    first ??= landed.get(partition)?.baseOffset ?? null;
    batch = [];
    batchBytes = 0;
  }

  for (const piece of states.encode(fold.state)) {
    signal.throwIfAborted();
    hash.update(piece);
    if (batch.length > 0 && batchBytes + pieceBytes(piece) > sendBytesTarget) await send();
    batch.push(pieceRecord(place, pieces, piece));
    batchBytes += pieceBytes(piece);
    pieces += 1;
    bytes += piece.length;
    await pace.sleep(restMs, signal);
  }
  await send();
  signal.throwIfAborted();
  const manifest = {
    ...place,
    ledger_id: target.ledgerId,
    evolve_version: states.evolveVersion,
    code_version: target.codeVersion,
    end: fold.end,
    log_time: fold.time,
    last: fold.last,
    pieces,
    bytes,
    first_offset: first ?? 0,
    state_hash: hash.digest('hex'),
  };
  await connection.append(topic, new Map([[partition, [manifestRecord(manifest)]]]));
  return manifest;
}
