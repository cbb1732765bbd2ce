// Snapshots in the simulated world: some processes take them often, some are of a release that evolves otherwise, and
// what they write arrives damaged, cut short, or as it was long ago.
import * as decider from '../../src/domain/decider.ts';
import type { State } from '../../src/domain/decider.ts';
import { stateCodec } from '../../src/domain/snapshot.ts';
import type { Log, OutgoingRecord } from '../../src/log/port.ts';
import { manifestRecord, readManifest } from '../../src/log/snapshot-record.ts';
import type { Snapshots, SnapshotsOptions } from '../../src/log/snapshots.ts';
import { createSnapshots } from '../../src/log/snapshots.ts';
import { verifySnapshots } from '../support/snapshot-audit.ts';
import type { SimProcess, World } from './world.ts';

type Given = Pick<SnapshotsOptions<State>, 'log' | 'reading' | 'ledgerId' | 'topic' | 'eventsTopic'>;

/** The snapshots of one process. */
export function simulateSnapshots(world: World, process: SimProcess, given: Given): Snapshots<State> {
  const evolveVersion = world.chance(0.2) ? 99 : stateCodec.evolveVersion;
  return createSnapshots({
    ...given,
    log: world.chance(0.5) ? damaging(given.log, given.topic, world) : given.log,
    states: { ...stateCodec, evolveVersion },
    codeVersion: 'simulated',
    every: world.chance(0.1) ? 0 : 1 + world.below(6),
    bytesPerEventMax: Infinity,
    stopMsMax: 1_000,
    stepMsMax: 0,
    // A rest is a step like any other: by the clock, most processes would die before their first snapshot.
    pace: { ...process.pace, sleep: () => new Promise((resolve) => process.schedule(resolve)) },
    written: () => undefined,
    failed: () => undefined,
    discarded: () => undefined,
  });
}

/** What the newest snapshots claim against the fold of the journal from zero, for both kinds of release. */
export async function judgeSnapshots(options: Given & { readonly partitions: number }): Promise<string[]> {
  const found: string[] = [];
  for (const evolveVersion of [stateCodec.evolveVersion, 99]) {
    const { findings } = await verifySnapshots({ ...options, decider, states: { ...stateCodec, evolveVersion } });
    found.push(...findings.map(({ partition, text }) => `partition ${partition}: ${text}`));
  }
  return found;
}

/** A log on which now and then something happens to what is sent to the topic of snapshots. */
function damaging(log: Log, snapshots: string, world: World): Log {
  const sent: (readonly OutgoingRecord[])[] = [];
  return {
    ...log,
    openAppender: async () => {
      const appender = await log.openAppender();
      return {
        close: () => appender.close(),
        append: (topic, batches) => {
          if (topic !== snapshots) return appender.append(topic, batches);
          const damaged = [...batches].map(([partition, records]) => {
            sent.push(records);
            return [partition, damage(records, sent, world)] as const;
          });
          return appender.append(topic, new Map(damaged));
        },
      };
    },
  };
}

function damage(
  records: readonly OutgoingRecord[],
  sent: readonly (readonly OutgoingRecord[])[],
  world: World,
): readonly OutgoingRecord[] {
  const kind = world.random();
  const place = world.below(records.length);
  if (kind < 0.1) return records.map((record, i) => (i === place ? withOtherByte(record, world) : record));
  if (kind < 0.2 && records.length > 1) return records.filter((_, i) => i !== place);
  if (kind < 0.3) return sent[world.below(sent.length)] ?? records;
  if (kind < 0.5) return records.map((record) => withOtherClaims(record, world));
  return records;
}

function withOtherByte(record: OutgoingRecord, world: World): OutgoingRecord {
  const value = Buffer.from(record.value ?? []);
  const place = world.below(value.length);
  value.writeUInt8(value.readUInt8(place) ^ (1 + world.below(255)), place);
  return { ...record, value };
}

/** A manifest that is sound in itself and says something else; a piece stays what it is. */
function withOtherClaims(record: OutgoingRecord, world: World): OutgoingRecord {
  const { value, headers = {} } = record;
  const manifest = readManifest({ offset: 0, at: 0, key: null, value, headers, hole: false });
  if (manifest === null) return record;
  const claims = [
    { end: manifest.end + 1 + world.below(3) },
    { end: Math.max(1, manifest.end - 1 - world.below(3)) },
    { last: { ...manifest.last, command_offset: manifest.last.command_offset + 1 } },
    { ledger_id: '22222222-2222-4222-8222-222222222222' },
    { partition: 1 - manifest.partition },
    { pieces: manifest.pieces + 1 },
    { first_offset: manifest.first_offset + 1 },
    { state_hash: manifest.state_hash.replaceAll('a', 'b').replaceAll('1', '2') },
  ];
  return manifestRecord({ ...manifest, ...claims[world.below(claims.length)] });
}
