// Writes one snapshot of a fold that is held still: its pieces are made while commands go on being decided, then the fold
// is let go, and the pieces are sent, last of all the manifest that makes them one.
import { createHash, randomUUID } from 'node:crypto';
import type { Connection } from './connection.ts';
import { requestBytes } from './connection.ts';
import type { StateCodec } from './decider-port.ts';
import type { HeldFold } from './partition-journal.ts';
import type { Pace } from './port.ts';
import type { Manifest } from './snapshot-record.ts';
import { manifestRecord, pieceRecord, sendBytesTarget } from './snapshot-record.ts';

export interface SnapshotTarget<S> {
  /** Its own: it must not delay the journal. */
  readonly connection: Connection;
  readonly topic: string;
  readonly states: StateCodec<S>;
  readonly pace: Pace;
  readonly ledgerId: string;
  readonly codeVersion: string;
  /** How long pieces are made without a rest, ms; nothing else happens in this process meanwhile. */
  readonly stepMsMax: number;
}

/** Rest between two steps, ms, in which commands are decided. */
const restMs = 2;
/** Bytes of pieces that wait in memory to be sent; only a state that is larger is held while some of it is sent. */
const heldBytesMax = 33_554_432;

/** Lets the fold go as soon as it is not needed any more. @throws LogError; the signal's reason when aborted */
export async function writeSnapshot<S>(
  target: SnapshotTarget<S>,
  { partition, slot }: Pick<Manifest, 'partition' | 'slot'>,
  fold: HeldFold<S>,
  signal: AbortSignal,
): Promise<Manifest> {
  const { connection, topic, states } = target;
  const place = { snapshot_id: randomUUID(), partition, slot };
  const encoding = states.encode(fold.state)[Symbol.iterator]();
  const hash = createHash('sha256');
  let sent = 0;
  let bytes = 0;
  let first: number | null = null;
  for (let isLast = false; !isLast;) {
    const made = await makePieces(target, encoding, signal);
    isLast = made.isLast;
    // The longer the fold is held, the more has to be merged at once afterwards: no send is waited for meanwhile.
    if (isLast) fold.release();
    for (const batch of batches(made.pieces)) {
      signal.throwIfAborted();
      const records = batch.map((piece, n) => pieceRecord(place, sent + n, piece));
      const landed = await connection.append(topic, new Map([[partition, records]]));
      first ??= landed.get(partition)?.baseOffset ?? null;
      for (const piece of batch) hash.update(piece);
      sent += batch.length;
      bytes += bytesOf(batch);
    }
  }
  signal.throwIfAborted();
  const manifest = {
    ...place,
    ledger_id: target.ledgerId,
    evolve_version: states.evolveVersion,
    code_version: target.codeVersion,
    end: fold.end,
    log_time: fold.time,
    last: fold.last,
    pieces: sent,
    bytes,
    first_offset: first ?? 0,
    state_hash: hash.digest('hex'),
  };
  await connection.append(topic, new Map([[partition, [manifestRecord(manifest)]]]));
  return manifest;
}

/** Makes pieces in short steps until there are no more, or as many as may lie in memory. */
async function makePieces<S>(
  { pace, stepMsMax }: SnapshotTarget<S>,
  encoding: Iterator<Uint8Array>,
  signal: AbortSignal,
): Promise<{ readonly pieces: readonly Uint8Array[]; readonly isLast: boolean }> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  let stepBegan = pace.now();
  while (bytes < heldBytesMax) {
    const next = encoding.next();
    if (next.done === true) return { pieces, isLast: true };
    pieces.push(next.value);
    bytes += next.value.length;
    if (pace.now() - stepBegan < stepMsMax) continue;
    await pace.sleep(restMs, signal);
    signal.throwIfAborted();
    stepBegan = pace.now();
  }
  return { pieces, isLast: false };
}

function bytesOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** Cuts pieces into requests of at most `sendBytesTarget`. */
function* batches(pieces: readonly Uint8Array[]): Generator<readonly Uint8Array[]> {
  let batch: Uint8Array[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    const more = requestBytes(piece);
    if (batch.length > 0 && bytes + more > sendBytesTarget) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(piece);
    bytes += more;
  }
  if (batch.length > 0) yield batch;
}
