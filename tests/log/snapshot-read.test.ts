// A rebuild uses a snapshot only where it fits the ledger, this release and the journal, to the byte.
import { describe, expect, test } from '@jest/globals';
import type { MemoryLog } from '../../src/log/memory/memory-log.ts';
import type { Log, LogRecord } from '../../src/log/port.ts';
import { LogError } from '../../src/log/port.ts';
import type { Manifest } from '../../src/log/snapshot-record.ts';
import { readManifest } from '../../src/log/snapshot-record.ts';
import { journalOf, readAll, topics, uuid } from './fixture.ts';
import { find, given, going, put, putManifest } from './snapshot-fixture.ts';

type Damage = readonly [what: string, misfit: string, damage: (log: MemoryLog, manifest: Manifest) => unknown];

const damages: readonly Damage[] = [
  ['it is of another ledger', 'other_ledger', (log, m) => putManifest(log, { ...m, ledger_id: uuid(1) })],
  ['it is of another partition', 'other_ledger', (log, m) => putManifest(log, { ...m, partition: 3 })],
  ['it is of another evolve', 'other_evolve_version', (log, m) => putManifest(log, { ...m, evolve_version: 99 })],
  ['the journal ends before it', 'beyond_journal', (log) => log.cut(topics.events, 0, { high: 5 })],
  ['its end is another one', 'other_history', (log, m) => putManifest(log, { ...m, end: m.end + 2 })],
  ['it ends inside a command', 'other_history', endInsideCommand],
  [
    'its progress is another one',
    'other_history',
    (log, m) => putManifest(log, { ...m, last: { ...m.last, command_offset: 3 } }),
  ],
  [
    'another command lies there',
    'other_history',
    (log, m) => putManifest(log, { ...m, last: { ...m.last, command_id: uuid(77) } }),
  ],
  ['no record lies there', 'other_history', (log, m) => hideEvent(log, m.end - 1)],
  ['a piece is missing', 'incomplete', (log, m) => putManifest(log, { ...m, first_offset: m.first_offset + 1 })],
  ['its pieces are of another one', 'incomplete', (log, m) => putManifest(log, { ...m, snapshot_id: uuid(5) })],
  ['its hash is another one', 'other_hash', (log, m) => putManifest(log, { ...m, state_hash: '00' })],
  ['a byte of it is another one', 'other_hash', changeByte],
];

/** Claims to end one event earlier, with everything that lies there. */
async function endInsideCommand(log: MemoryLog, manifest: Manifest): Promise<void> {
  const journal = journalOf(log);
  const inside = await journal.catchUp(going, manifest.end - 1).then(
    () => null,
    () => journal.last(),
  );
  if (inside === null) throw new Error('a command ends there');
  putManifest(log, { ...manifest, end: manifest.end - 1, last: inside });
}

/** Leaves a void record where an event was. */
async function hideEvent(log: MemoryLog, offset: number): Promise<void> {
  const records = await readAll(log, topics.events);
  log.cut(topics.events, 0, { high: 0 });
  log.inject(
    topics.events,
    0,
    records.map(({ key, value, headers }, i) => ({ key, value, headers: i === offset ? {} : headers })),
  );
}

/** Writes everything again, with one byte of what is held changed. */
async function changeByte(log: MemoryLog, manifest: Manifest): Promise<void> {
  const all = await readAll(log, topics.snapshots);
  const first = all.length;
  const changed = all.map(({ key, value, headers }) => {
    const text = Buffer.from(value ?? []).toString('latin1');
    return { key, headers, value: Buffer.from(text.replace('"USD",1000', '"USD",1001'), 'latin1') };
  });
  put(log, changed.slice(0, -1));
  putManifest(log, { ...manifest, first_offset: first });
}

describe('a snapshot is passed over when', () => {
  test.each(damages)('%s: %s', async (_, misfit, damage) => {
    const { log, written } = await given();
    const [manifest] = written;
    if (manifest === undefined) throw new Error('there is no snapshot');
    const before = await readAll(log, topics.snapshots);
    await damage(log, manifest);
    const after = await readAll(log, topics.snapshots);
    // Only what the damage put there is left to be found.
    if (after.length > before.length) hideManifest(log, after, manifest);
    const { found, discarded } = await find(log);
    expect(found).toBeNull();
    expect(discarded).toEqual([misfit]);
  });

  test('its manifest is damaged, for the one before it', async () => {
    const { log, written } = await given([3, 6]);
    const records = await readAll(log, topics.snapshots);
    const last = records.at(-1);
    log.cut(topics.snapshots, 0, { high: records.length - 1 });
    const value = Buffer.from(last?.value ?? []);
    value.writeUInt8(value.readUInt8(40) ^ 1, 40);
    put(log, [{ key: last?.key ?? null, headers: last?.headers ?? {}, value }]);
    const { found, discarded } = await find(log);
    expect([found?.manifest.snapshot_id, discarded]).toEqual([written[0]?.snapshot_id, []]);
  });

  test('it was never finished, for the one before it, however many pieces it has', async () => {
    const { log, written } = await given([3, 6]);
    const records = await readAll(log, topics.snapshots);
    log.cut(topics.snapshots, 0, { high: records.length - 1 });
    for (let i = 0; i < 600; i += 1) put(log, records.slice(-2, -1));
    const { found, discarded } = await find(log);
    expect([found?.manifest.snapshot_id, discarded]).toEqual([written[0]?.snapshot_id, []]);
  });

  test('the topic cannot be read', async () => {
    const { log } = await given();
    const away = new LogError('rejected', 'there is no topic');
    const broken: Log = {
      ...log,
      ends: (topic) => (topic === topics.snapshots ? Promise.reject(away) : log.ends(topic)),
    };
    const { found, discarded } = await find(broken);
    expect([found, discarded]).toEqual([null, ['unreadable']]);
  });
});

/** Takes the records away and puts them back without the manifest of a snapshot. */
function hideManifest(log: MemoryLog, records: readonly LogRecord[], { snapshot_id }: Manifest): void {
  const first = records.findIndex((record) => readManifest(record)?.snapshot_id === snapshot_id);
  log.cut(topics.snapshots, 0, { high: 0 });
  put(
    log,
    records.map((record, i) => (i === first ? { key: null, value: null, headers: {} } : record)),
  );
}
