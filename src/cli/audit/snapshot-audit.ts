// The audit of the writers' snapshots: what the newest one of each partition holds against the fold of the journal. A
// damaged one is strange, but breaks nothing: a writer passes it over.
import type { Topics } from '../../../schemas/topics.ts';
import * as decider from '../../domain/decider.ts';
import { stateCodec } from '../../domain/snapshot.ts';
import { LedgerAlarm } from '../../log/alarm.ts';
import { checkGenesis } from '../../log/genesis.ts';
import type { Log } from '../../log/port.ts';
import type { Reading } from '../../log/reading.ts';
import type { SnapshotAudit, SnapshotFinding } from '../../log/snapshot-audit.ts';
import { openSnapshotAudit } from '../../log/snapshot-audit.ts';
import type { Misfit } from '../../log/snapshot-read.ts';
import type { Note } from './findings.ts';

export interface SnapshotAuditSources {
  readonly log: Log;
  readonly topics: Topics;
  readonly reading: Reading;
  readonly note: Note;
  readonly warn: Note;
  /** Takes what cannot be looked at, and why. */
  readonly unchecked: string[];
}

/** Null where there is no ledger to which they could belong. @throws LogError; the signal's reason when aborted */
export async function startSnapshotAudit(
  { log, topics, reading, note, warn, unchecked }: SnapshotAuditSources,
  signal: AbortSignal,
): Promise<SnapshotAudit | null> {
  const partitions = (await log.ends(topics.events)).size;
  const ledgerId = await ledgerOf({ log, topic: topics.events, partitions, reading });
  if (ledgerId === null) return null;
  return openSnapshotAudit(
    {
      ...{ log, reading, partitions, ledgerId, decider, states: stateCodec },
      ...{ topic: topics.snapshots, eventsTopic: topics.events },
      note: (finding: SnapshotFinding) => note({ ...finding, topic: topics.events }),
      passedOver: (partition: number, misfit: Misfit, detail: string) => {
        if (misfit === 'unreadable') unchecked.push(`the snapshots of partition ${partition}: ${detail}`);
        // A release later, every snapshot is of another version.
        else if (misfit !== 'other_evolve_version') {
          const text = `a snapshot is passed over, ${misfit}: ${detail}`;
          warn({ rule: 'snapshot_differs', topic: topics.snapshots, partition, offset: null, text });
        }
      },
    },
    signal,
  );
}

/** Partitions that disagree about it are a finding of the audit of the log. */
async function ledgerOf(options: Parameters<typeof checkGenesis>[0]): Promise<string | null> {
  try {
    return await checkGenesis(options);
  } catch (error) {
    if (error instanceof LedgerAlarm) return null;
    throw error;
  }
}
