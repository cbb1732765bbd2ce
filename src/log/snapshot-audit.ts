// Proves the snapshots by the journal: what the newest one of each partition says it holds is compared with a fold from
// zero.
import { createHash } from 'node:crypto';
import type { Decider } from './decider-port.ts';
import { createPartitionJournal } from './partition-journal.ts';
import type { SnapshotSource } from './snapshot-read.ts';
import { findSnapshot } from './snapshot-read.ts';

export interface SnapshotAuditOptions<S> extends Omit<SnapshotSource<S>, 'discarded'> {
  readonly decider: Decider<S>;
  readonly partitions: number;
}

/** A snapshot that is not what the journal makes. */
export interface SnapshotFinding {
  readonly rule: 'snapshot_differs';
  readonly partition: number;
  /** Journal offset behind the last event that the snapshot holds. */
  readonly offset: number;
  readonly text: string;
}

export interface SnapshotAudit {
  readonly findings: readonly SnapshotFinding[];
  /** Partitions that have a snapshot which a writer of this release would use. */
  readonly compared: number;
}

/**
 * Folds the journal from zero up to the newest snapshot of each partition and compares. One that a writer would pass
 * over (of another ledger, release or history, or damaged) is passed over here too.
 * @throws LogError, LedgerAlarm; the signal's reason when aborted
 */
export async function verifySnapshots<S>(
  options: SnapshotAuditOptions<S>,
  signal?: AbortSignal,
): Promise<SnapshotAudit> {
  const findings: SnapshotFinding[] = [];
  let compared = 0;
  for (let partition = 0; partition < options.partitions; partition++) {
    const newest = await findSnapshot({ ...options, discarded: () => undefined }, partition, signal);
    if (newest === null) continue;
    compared += 1;
    const { end, state_hash, snapshot_id } = newest.manifest;
    const folded = await hashOfFold(options, partition, end, signal);
    if (folded === state_hash) continue;
    const text = `snapshot ${snapshot_id} up to journal offset ${end} has state ${state_hash}, the journal makes ${folded}`;
    findings.push({ rule: 'snapshot_differs', partition, offset: end, text });
  }
  return { findings, compared };
}

async function hashOfFold<S>(
  options: SnapshotAuditOptions<S>,
  partition: number,
  end: number,
  signal?: AbortSignal,
): Promise<string> {
  const journal = createPartitionJournal({ ...options, topic: options.eventsTopic, partition });
  await journal.catchUp(signal, end);
  const hash = createHash('sha256');
  for (const piece of options.states.encode(journal.state())) hash.update(piece);
  return hash.digest('hex');
}
