// What the tests of snapshots share: ledgers with snapshots, and ways to ask for them.
import type { State } from '../../src/domain/decider.ts';
import { stateCodec } from '../../src/domain/snapshot.ts';
import { decideBatch } from '../../src/log/batch.ts';
import type { MemoryLog } from '../../src/log/memory/memory-log.ts';
import type { PartitionJournal } from '../../src/log/partition-journal.ts';
import type { Log, LogRecord } from '../../src/log/port.ts';
import type { Manifest } from '../../src/log/snapshot-record.ts';
import { manifestRecord } from '../../src/log/snapshot-record.ts';
import type { SnapshotsOptions } from '../../src/log/snapshots.ts';
import { verifySnapshots } from '../support/snapshot-audit.ts';
import {
  contextOf,
  create,
  inject,
  opened,
  place,
  plainReading,
  queued,
  snapshotsOver,
  theDecider,
  topics,
  until,
  uuid,
} from './fixture.ts';

export const going = new AbortController().signal;
/** A writer that never rests. */
export const working = (): boolean => false;

/** Decides commands and has them acknowledged; the nth command of a journal has offset n. */
export function write(log: MemoryLog, journal: PartitionJournal<State>, count: number): void {
  for (let i = 0; i < count; i += 1) {
    const n = journal.progress() + 2;
    const next = n === 1 ? create(n, 'apple', 1_000) : place(n, ['apple']);
    const batch = decideBatch(contextOf(journal), queued([next], n - 1));
    inject(log, batch.records);
    journal.accept(batch.overlay, batch.events);
  }
}

/** A ledger of ten commands, with a snapshot after the fifth one for each time that one is asked for. */
export async function given(snapshotAfter: readonly number[] = [5], more: Partial<SnapshotsOptions<State>> = {}) {
  const { log, journal } = await opened();
  const { snapshots, told } = snapshotsOver(log, { every: 1, ...more });
  for (const after of snapshotAfter) {
    write(log, journal, after - journal.progress() - 1);
    snapshots.offer(journal, working);
    await until('it is written', () => told.written.length + told.failed.length === snapshotAfter.indexOf(after) + 1);
  }
  write(log, journal, 10 - journal.progress() - 1);
  return { log, journal, written: told.written, told };
}

export function bytesOf(state: State): Buffer {
  return Buffer.concat([...stateCodec.encode(state)]);
}

export async function find(log: Log, more: Partial<SnapshotsOptions<State>> = {}) {
  const { snapshots, told } = snapshotsOver(log, more);
  return { found: await snapshots.find(0, going), discarded: told.discarded };
}

export function audit(log: Log) {
  const about = { log, topic: topics.snapshots, eventsTopic: topics.events, reading: plainReading() };
  return verifySnapshots({ ...about, states: stateCodec, ledgerId: uuid(0xabc), decider: theDecider, partitions: 1 });
}

/** Puts records at the end of the topic of snapshots, as another writer would. */
export function put(log: MemoryLog, records: readonly Pick<LogRecord, 'key' | 'value' | 'headers'>[]): void {
  log.inject(
    topics.snapshots,
    0,
    records.map(({ key, value, headers }) => ({ key, value, headers })),
  );
}

export function putManifest(log: MemoryLog, manifest: Manifest): void {
  const { key, value, headers = {} } = manifestRecord(manifest);
  put(log, [{ key: Buffer.from(String(key)), value, headers }]);
}
