// Snapshots are taken beside the commands, of acknowledged states only, and are what the events up to here make.
import { describe, expect, test } from '@jest/globals';
import { stateCodec } from '../../src/domain/snapshot.ts';
import type { Pace } from '../../src/log/port.ts';
import {
  fakePace,
  journalOf,
  memoryLog,
  open,
  opened,
  readAll,
  snapshotsOver,
  topics,
  turn,
  until,
} from './fixture.ts';
import { audit, bytesOf, find, given, going, working, write } from './snapshot-fixture.ts';

describe('a snapshot', () => {
  test('is what the events up to here make, and a rebuild goes on from it', async () => {
    const { log, written } = await given();
    expect(written).toHaveLength(1);
    expect(written[0]).toMatchObject({
      slot: 0,
      last: { command_offset: 4 },
      evolve_version: stateCodec.evolveVersion,
    });
    const { found, discarded } = await find(log);
    const restored = journalOf(log, 1, found?.fold);
    expect(restored.progress()).toBe(4);
    await restored.catchUp();
    const folded = journalOf(log);
    await folded.catchUp();
    expect(restored.tally().counted).toBe(folded.tally().counted - (written[0]?.end ?? 0));
    expect(bytesOf(restored.state())).toEqual(bytesOf(folded.state()));
    expect([restored.end(), restored.time(), restored.last()]).toEqual([folded.end(), folded.time(), folded.last()]);
    expect(discarded).toEqual([]);
    expect(await audit(log)).toEqual({ findings: [], compared: 1 });
  });

  test('is of the moment at which it was begun, whatever is decided while it is written', async () => {
    const { log, journal } = await opened();
    write(log, journal, 3);
    const pace = slowPace();
    const { snapshots, told } = snapshotsOver(log, { every: 1, pace });
    snapshots.offer(journal, working);
    const end = journal.end();
    for (let i = 0; i < 40; i += 1) {
      write(log, journal, 1);
      // Neither a second one at the same time, nor anything of the later batches in the first.
      if (told.written.length === 0) snapshots.offer(journal, working);
      pace.letGo();
      await turn();
    }
    await until('it is written', () => told.written.length > 0);
    expect(told.written[0]).toMatchObject({ end, last: { command_offset: 2 } });
    expect((await audit(log)).findings).toEqual([]);
    const folded = journalOf(log);
    await folded.catchUp();
    write(log, journal, 1);
    await folded.catchUp();
    expect(bytesOf(journal.hold().state)).toEqual(bytesOf(folded.state()));
  });

  test('is due after so many records, and a tenth of them is enough at the end', async () => {
    const { log, journal } = await opened();
    const { snapshots, told } = snapshotsOver(log, { every: 40, pace: quickPace() });
    write(log, journal, 15);
    snapshots.offer(journal, working);
    expect(journal.end()).toBeLessThan(40);
    expect(told.written).toEqual([]);
    await snapshots.stop([journal]);
    expect(told.written).toHaveLength(1);
    const again = snapshotsOver(log, { every: 40 });
    await again.snapshots.find(0, going);
    write(log, journal, 1);
    await again.snapshots.stop([journal]);
    expect(again.told.written).toEqual([]);
  });

  test('is due later where the last one was large', async () => {
    const { log, journal } = await opened();
    const { snapshots, told } = snapshotsOver(log, { every: 1, bytesPerEventMax: 100 });
    write(log, journal, 3);
    snapshots.offer(journal, working);
    await until('the first one is written', () => told.written.length === 1);
    const { end = 0, bytes = 0 } = told.written[0] ?? {};
    expect(bytes).toBeGreaterThan(400);
    while (journal.end() < end + bytes / 100) {
      snapshots.offer(journal, working);
      write(log, journal, 1);
    }
    for (let i = 0; i < 30; i += 1) await turn();
    expect(told.written).toHaveLength(1);
    snapshots.offer(journal, working);
    await until('the second one is written', () => told.written.length === 2);
    expect(told.written[1]?.end).toBe(journal.end());
  });

  test('waits for its turn, and then for its writer to be at rest or to ask again', async () => {
    const log = memoryLog({}, 3);
    await open(log, 3);
    const journals = [0, 1, 2].map((partition) => journalOf(log, 3, null, partition));
    for (const journal of journals) await journal.catchUp();
    const { snapshots, told } = snapshotsOver(log, { every: 1 });
    for (const journal of journals) snapshots.offer(journal, () => journal.partition === 2);
    await until('two are written', () => told.written.length === 2);
    for (let i = 0; i < 30; i += 1) await turn();
    expect(told.written.map(({ partition }) => partition)).toEqual([0, 2]);
    for (const journal of journals) snapshots.offer(journal, working);
    await until('the last one is written', () => told.written.length === 3);
    expect(told.written[2]).toMatchObject({ partition: 1, end: 1 });
  });

  test('takes the slot in which the newest one does not lie', async () => {
    const { written, log } = await given([2, 4, 6]);
    expect(written.map(({ slot }) => slot)).toEqual([0, 1, 0]);
    expect((await find(log)).found?.manifest.snapshot_id).toBe(written[2]?.snapshot_id);
    const { log: other } = await given([2]);
    const { snapshots, told } = snapshotsOver(other, { every: 1 });
    const journal = journalOf(other, 1, (await snapshots.find(0, going))?.fold);
    await journal.catchUp();
    snapshots.offer(journal, working);
    await until('it is written', () => told.written.length === 1);
    expect(told.written[0]?.slot).toBe(1);
  });

  test('is never taken where none is wanted', async () => {
    const { log, journal, written } = await given([], { every: 0 });
    const { snapshots } = snapshotsOver(log, { every: 0 });
    snapshots.offer(journal, working);
    await snapshots.stop([journal]);
    expect([written, await readAll(log, topics.snapshots)]).toEqual([[], []]);
  });

  test('that could not be written is told of and tried again later, while the journal goes on', async () => {
    const { log, journal } = await opened();
    let appends = 0;
    const faulty = log.client({ faults: () => ((appends += 1) === 2 ? 'lose_answer' : 'none') });
    const { snapshots, told } = snapshotsOver(faulty, { every: 4 });
    write(log, journal, 3);
    snapshots.offer(journal, working);
    await until('it has failed', () => told.failed.length === 1);
    expect(told.failed[0]).toMatchObject({ code: 'unknown' });
    snapshots.offer(journal, working);
    write(log, journal, 4);
    snapshots.offer(journal, working);
    await until('the next one is written', () => told.written.length === 1);
    expect(told.failed).toHaveLength(1);
    expect((await audit(log)).findings).toEqual([]);
  });

  test('that takes too long at the end is given up', async () => {
    const { log, journal } = await opened();
    write(log, journal, 3);
    const pace = slowPace();
    const { snapshots, told } = snapshotsOver(log, { every: 1, pace });
    const stopped = snapshots.stop([journal]);
    pace.letGo();
    await stopped;
    expect([told.written, told.failed]).toEqual([[], []]);
    expect((await find(log)).found).toBeNull();
  });
});

test('the audit finds a snapshot that is whole but not what the events up to here make', async () => {
  const { log, journal } = await opened();
  write(log, journal, 4);
  const held = journal.hold();
  held.state.products.own.forEach((product, id, own) => product !== null && own.set(id, { ...product, held: 0 }));
  const { snapshots, told } = snapshotsOver(log, { every: 1 });
  snapshots.offer({ ...journal, hold: () => held }, working);
  await until('it is written', () => told.written.length === 1);
  expect((await find(log)).discarded).toEqual([]);
  const { findings } = await audit(log);
  expect(findings).toEqual([
    {
      rule: 'snapshot_differs',
      partition: 0,
      offset: held.end - 1,
      text: expect.stringContaining('the events up to here make'),
    },
  ]);
});

/** Short rests are over at once; whoever waits longer waits until the signal aborts. */
function quickPace(): Pace {
  const { sleep, ...pace } = fakePace();
  return { ...pace, sleep: (ms, signal) => (ms < 100 ? sleep(ms, signal) : slowPace().sleep(ms, signal)) };
}

/** Time that stands still for whoever sleeps, until they are let go. */
function slowPace(): Pace & { readonly letGo: () => void } {
  const waiting: (() => void)[] = [];
  return {
    ...fakePace(),
    sleep: (_ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted ?? false) return resolve();
        waiting.push(resolve);
        signal?.addEventListener('abort', () => resolve());
      }),
    letGo: () => waiting.splice(0).forEach((resolve) => resolve()),
  };
}
