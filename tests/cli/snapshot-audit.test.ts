// The audit of snapshots, in memory: one that is not what the journal makes is a finding, a damaged one only strange.
import { expect, test } from '@jest/globals';
import type { AuditReport } from '../../src/cli/audit/audit.ts';
import { audit } from '../../src/cli/audit/audit.ts';
import type { Log } from '../../src/log/port.ts';
import { LogError } from '../../src/log/port.ts';
import type { Manifest } from '../../src/log/snapshot-record.ts';
import { opened, plainReading, snapshotsOver, topics, until } from '../log/fixture.ts';
import { given, putManifest, working, write } from '../log/snapshot-fixture.ts';

type Told = Pick<AuditReport, 'snapshots' | 'unchecked'> & {
  readonly findings: readonly object[];
  readonly warnings: readonly object[];
};

/** What an audit says of snapshots. These journals have no commands beside them, of which it says more. */
async function auditOf(log: Log): Promise<Told> {
  const options = { log, topics, reading: plainReading(), stores: null, atRest: false };
  const { findings, warnings, snapshots, unchecked } = await audit(options, new AbortController().signal);
  const own = (list: AuditReport['findings']): readonly object[] =>
    list.filter(({ rule }) => rule === 'snapshot_differs');
  return { findings: own(findings), warnings: own(warnings), snapshots, unchecked };
}

const clean = { findings: [], warnings: [], snapshots: 1, unchecked: [] };

test('a snapshot that a writer took is what the journal makes', async () => {
  const { log } = await given([3, 6]);
  expect(await auditOf(log)).toEqual(clean);
});

test('a ledger without snapshots has none to compare', async () => {
  const { log } = await opened();
  expect(await auditOf(log)).toEqual({ ...clean, snapshots: 0 });
});

test('a snapshot that is whole and holds something else is found at its last event', async () => {
  const { log, journal } = await opened();
  write(log, journal, 4);
  const held = journal.hold();
  held.state.products.own.forEach((product, id, own) => product !== null && own.set(id, { ...product, held: 0 }));
  const { snapshots, told } = snapshotsOver(log, { every: 1 });
  snapshots.offer({ ...journal, hold: () => held }, working);
  await until('it is written', () => told.written.length === 1);
  const text: unknown = expect.stringContaining('the events up to here make');
  const finding = { rule: 'snapshot_differs', topic: topics.events, partition: 0, offset: held.end - 1, text };
  expect(await auditOf(log)).toEqual({ ...clean, findings: [finding] });
});

test.each<[string, Partial<Manifest>, number]>([
  ['a damaged snapshot is strange', { state_hash: '00' }, 1],
  ['a snapshot of another release is not', { evolve_version: 99 }, 0],
])('%s, and the one before it is compared', async (_, claims, warnings) => {
  const { log, written } = await given();
  const [manifest] = written;
  if (manifest === undefined) throw new Error('there is no snapshot');
  putManifest(log, { ...manifest, ...claims });
  const told = await auditOf(log);
  expect(told.warnings).toHaveLength(warnings);
  expect({ ...told, warnings: [] }).toEqual(clean);
});

test('snapshots that cannot be read are not checked', async () => {
  const { log } = await given();
  const away = new LogError('rejected', 'there is no topic');
  const ends: Log['ends'] = (topic) => (topic === topics.snapshots ? Promise.reject(away) : log.ends(topic));
  const unchecked: unknown = [expect.stringContaining('the snapshots of partition 0')];
  expect(await auditOf({ ...log, ends })).toEqual({ ...clean, snapshots: 0, unchecked });
});
