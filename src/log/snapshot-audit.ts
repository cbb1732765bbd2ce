// Proves the snapshots by the journal: what the newest one of each partition says it holds is compared with a fold from
// zero.
import { createHash } from 'node:crypto';
import type { PlacedEvent } from '../../schemas/records.ts';
import type { Decider } from './decider-port.ts';
import type { Manifest } from './snapshot-record.ts';
import type { Misfit, SnapshotSource } from './snapshot-read.ts';
import { findSnapshot } from './snapshot-read.ts';

/** A snapshot that is not what the journal makes. */
export interface SnapshotFinding {
  readonly rule: 'snapshot_differs';
  readonly partition: number;
  /** Journal offset of the last event that the snapshot holds. */
  readonly offset: number;
  readonly text: string;
}

export interface SnapshotAuditOptions<S> extends Omit<SnapshotSource<S>, 'discarded'> {
  readonly decider: Decider<S>;
  readonly partitions: number;
  readonly note: (finding: SnapshotFinding) => void;
  /** Hears of a snapshot that a writer of this release would pass over, and why. */
  readonly passedOver: (partition: number, misfit: Misfit, detail: string) => void;
}

export interface SnapshotAudit {
  /** Journal offset behind each snapshot that is to be compared, by partition. */
  readonly ends: ReadonlyMap<number, number>;
  /** Takes the counted events of each partition, in order, from zero. */
  add(partition: number, event: PlacedEvent): void;
}

interface Fold<S> {
  readonly manifest: Manifest;
  readonly state: S;
}

/** Finds the newest snapshot of each partition that a writer would use. @throws the signal's reason when aborted */
export async function openSnapshotAudit<S>(
  options: SnapshotAuditOptions<S>,
  signal?: AbortSignal,
): Promise<SnapshotAudit> {
  const { decider, partitions, note, passedOver } = options;
  const folds = new Map<number, Fold<S>>();
  for (let partition = 0; partition < partitions; partition++) {
    const found = await findSnapshot({ ...options, discarded: passedOver }, partition, signal);
    if (found !== null) folds.set(partition, { manifest: found.manifest, state: decider.initial() });
  }
  return {
    ends: new Map([...folds].map(([partition, { manifest }]) => [partition, manifest.end])),
    add: (partition, event) => {
      const fold = folds.get(partition);
      if (fold === undefined) return;
      const made = foldOne(options, fold, event);
      if (made === null) return;
      folds.delete(partition);
      const { snapshot_id, state_hash } = fold.manifest;
      if (made === state_hash) return;
      const text = `snapshot ${snapshot_id} says state ${state_hash}, the events up to here make ${made}`;
      note({ rule: 'snapshot_differs', partition, offset: event.offset, text });
    },
  };
}

/** The hash of the state at the end of the snapshot, or null before it; in a broken journal, what broke the fold. */
function foldOne<S>(
  { decider, states }: SnapshotAuditOptions<S>,
  { manifest, state }: Fold<S>,
  event: PlacedEvent,
): string | null {
  try {
    decider.evolve(state, event);
  } catch (error) {
    return `none: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (event.offset + 1 < manifest.end) return null;
  const hash = createHash('sha256');
  for (const piece of states.encode(state)) hash.update(piece);
  return hash.digest('hex');
}
