// The audit of snapshots alone, for tests that have a log and no ledger around it.
import type { PlacedEvent } from '../../schemas/records.ts';
import { counts } from '../../src/log/journal.ts';
import type { LogRecord } from '../../src/log/port.ts';
import type { SnapshotAuditOptions, SnapshotFinding } from '../../src/log/snapshot-audit.ts';
import { openSnapshotAudit } from '../../src/log/snapshot-audit.ts';

export interface SnapshotVerdict {
  readonly findings: readonly SnapshotFinding[];
  /** Partitions that have a snapshot which a writer of this release would use. */
  readonly compared: number;
}

/** Reads the journal up to the newest snapshot of each partition and compares. */
export async function verifySnapshots<S>(
  options: Omit<SnapshotAuditOptions<S>, 'note' | 'passedOver'>,
): Promise<SnapshotVerdict> {
  const { log, eventsTopic: topic, reading } = options;
  const findings: SnapshotFinding[] = [];
  const note = (finding: SnapshotFinding): void => void findings.push(finding);
  const audit = await openSnapshotAudit({ ...options, note, passedOver: () => undefined });
  for (const [partition, to] of audit.ends) {
    const add = async (records: readonly LogRecord[]): Promise<void> => {
      for (const record of records.filter(counts)) {
        const event: PlacedEvent = { ...(await reading.event(partition, record)), offset: record.offset };
        audit.add(partition, event);
      }
    };
    await log.read({ topic, partition, from: 0, to }, add);
  }
  return { findings, compared: audit.ends.size };
}
