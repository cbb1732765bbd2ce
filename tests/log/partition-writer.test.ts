// A partition from its assignment to its loss: rebuilt from the journal, written, stopped by an alarm, tried again.
import { describe, expect, test } from '@jest/globals';
import type { State } from '../../src/domain/decider.ts';
import { stateCodec } from '../../src/domain/snapshot.ts';
import { LedgerAlarm } from '../../src/log/alarm.ts';
import type { MemoryLog } from '../../src/log/memory/memory-log.ts';
import type { PartitionWriterOptions, Rebuilt } from '../../src/log/partition-writer.ts';
import { createPartitionWriter } from '../../src/log/partition-writer.ts';
import type { Pace } from '../../src/log/port.ts';
import {
  codec,
  create,
  fakePace,
  history,
  memoryLog,
  open,
  place,
  plainReading,
  snapshotsOver,
  tell,
  theDecider,
  thrownBy,
  topics,
  turn,
  until,
  writerId,
} from './fixture.ts';
import { putCommands } from './writer-bench.ts';

const going = new AbortController().signal;

function writerOver(log: MemoryLog, more: Partial<PartitionWriterOptions<State>> = {}) {
  const told = { alarms: [] as unknown[], rebuilt: [] as Omit<Rebuilt, 'ms'>[], restarts: 0, appends: 0 };
  const writer = createPartitionWriter<State>({
    ...{ log, partition: 0, partitions: 1, group: 'writers', reading: plainReading(), decider: theDecider, writerId },
    ...{ commandsTopic: topics.commands, eventsTopic: topics.events, deadLettersTopic: topics.deadLetters },
    encode: codec.encode,
    limits: { recordsMax: 1_000, bytesMax: 900_000, msMax: 200, commandsMax: 500 },
    pace: fakePace(),
    alarmRereadMs: 10_000,
    outboxMax: 1_000,
    snapshots: snapshotsOver(log).snapshots,
    isMember: () => true,
    landed: () => undefined,
    restart: () => void (told.restarts += 1),
    alarm: (alarm) => void told.alarms.push(alarm),
    rebuilt: ({ ms: _, ...figures }) => void told.rebuilt.push(figures),
    events: { appended: () => void (told.appends += 1), doubt: () => undefined, failed: () => undefined },
    ...more,
  });
  return { writer, told };
}

async function opened(): Promise<MemoryLog> {
  const log = memoryLog();
  await open(log);
  return log;
}

/** Holds whoever sleeps until it is let go, or its signal aborts. */
function heldPace(): Pace & { readonly letGo: () => void; readonly held: () => number } {
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
    held: () => waiting.length,
  };
}

describe('a partition', () => {
  test('is rebuilt, written, left, and rebuilt from what was written', async () => {
    const log = await opened();
    const { writer, told } = writerOver(log);
    expect(writer.status()).toMatchObject({ status: 'rebuilding', progress: -2 });
    expect(await writer.start(going)).toBe(0);
    writer.deliver(putCommands(log, [create(1, 'apple', 1), place(2, ['apple'])]));
    await until('both are decided', () => writer.status().progress === 1);
    const outbox = { messages: 0, oldestMs: 0 };
    expect(writer.status()).toEqual({ status: 'writing', progress: 1, queued: 0, outbox, error: null });
    await writer.stop();
    expect(await writer.start(going)).toBe(2);
    writer.deliver(putCommands(log, [place(3, ['apple'])]));
    await until('the third is decided', () => writer.status().progress === 2);
    await writer.stop();
    expect(tell(await history(log)).slice(1)).toEqual([
      '0 ProductCreated',
      '1 StockHeld',
      '1 OrderAccepted',
      '2 OrderRefused',
    ]);
    expect(told).toMatchObject({ alarms: [], restarts: 0, appends: 2 });
    expect(told.rebuilt).toEqual([
      { counted: 1, void: 0, from: 0 },
      { counted: 4, void: 0, from: 0 },
    ]);
  });

  test('is rebuilt from a snapshot where there is one, and from zero where that leads nowhere', async () => {
    const log = await opened();
    const taking = snapshotsOver(log, { every: 1 });
    const { writer } = writerOver(log, { snapshots: taking.snapshots });
    await writer.start(going);
    await until('genesis is in a snapshot', () => taking.told.written.length === 1);
    writer.deliver(putCommands(log, [create(1, 'apple', 2), place(2, ['apple'])]));
    await until('both are in one too', () => taking.told.written.at(-1)?.last.command_offset === 1);
    await writer.stop();
    const from = taking.told.written.at(-1)?.end;

    const next = writerOver(log, { snapshots: snapshotsOver(log).snapshots });
    expect(await next.writer.start(going)).toBe(2);
    expect(next.told.rebuilt).toEqual([{ counted: 0, void: 0, from }]);
    next.writer.deliver(putCommands(log, [place(3, ['apple'])]));
    await until('the third is decided', () => next.writer.status().progress === 2);
    await next.writer.stop();

    // A state that has forgotten the product of which the next event speaks.
    const forgetful = { ...stateCodec, restore: () => ({ ...stateCodec.restore(), state: theDecider.initial }) };
    const astray = snapshotsOver(log, { states: forgetful });
    const last = writerOver(log, { snapshots: astray.snapshots });
    expect(await last.writer.start(going)).toBe(3);
    expect(astray.told.discarded).toEqual(['no_way_on']);
    expect(last.told.rebuilt).toEqual([{ counted: 6, void: 0, from: 0 }]);
    await last.writer.stop();
  });

  test('that was lost while it was rebuilt is not written', async () => {
    const log = await opened();
    const lost = new AbortController();
    const late: MemoryLog = {
      ...log,
      ends: async (topic) => {
        const ends = await log.ends(topic);
        // The last question of a take-over.
        if (topic === topics.commands) lost.abort(new Error('lost'));
        return ends;
      },
    };
    const { writer } = writerOver(late);
    expect((await thrownBy(writer.start(lost.signal))).message).toBe('lost');
    expect(writer.status().status).not.toBe('writing');
    writer.deliver(putCommands(log, [create(1, 'apple', 1)]));
    for (let i = 0; i < 30; i += 1) await turn();
    expect(await history(log)).toHaveLength(1);
  });

  test('finishes the batch in hand when it is stopped', async () => {
    const log = await opened();
    const { writer, told } = writerOver(log);
    await writer.start(going);
    writer.deliver(putCommands(log, [create(1, 'apple', 1)]));
    await turn();
    await turn();
    await writer.stop();
    expect({ appends: told.appends, said: tell(await history(log)).slice(1) }).toEqual({
      appends: 1,
      said: ['0 ProductCreated'],
    });
  });

  test('stops at once when it has just been started', async () => {
    const { writer } = writerOver(await opened());
    await writer.start(going);
    await writer.stop();
    expect(writer.status().status).not.toBe('writing');
  });

  test('takes no commands before it is started, nor after it was stopped', async () => {
    const log = await opened();
    const { writer } = writerOver(log);
    writer.deliver(putCommands(log, [create(1, 'apple', 1)]));
    expect(writer.status().queued).toBe(0);
    await writer.start(going);
    await writer.stop();
    writer.deliver(putCommands(log, [create(2, 'pear', 1)]));
    for (let i = 0; i < 30; i += 1) await turn();
    expect(await history(log)).toHaveLength(1);
  });
});

describe('an alarm', () => {
  test('at the take-over is told, and the partition stands stopped with its reason', async () => {
    const { writer, told } = writerOver(memoryLog());
    expect(await thrownBy(writer.start(going))).toBeInstanceOf(LedgerAlarm);
    expect(told.alarms).toHaveLength(1);
    expect(writer.status()).toMatchObject({ status: 'stopped', error: expect.stringContaining('no genesis') });
  });

  test('in the work stops the partition, says why, and asks for a new start after a while', async () => {
    const log = await opened();
    const pace = heldPace();
    const { writer, told } = writerOver(log, { pace });
    await writer.start(going);
    const [first, second] = putCommands(log, [create(1, 'apple', 1), place(2, ['apple'])]);
    if (second !== undefined) writer.deliver([second]);
    await until('it stopped', () => writer.status().status === 'stopped');
    expect(writer.status().error).toBe('partition 0: command 1 was delivered where 0 is next');
    await until('it waits', () => pace.held() === 1);
    expect(told).toMatchObject({ alarms: [{ code: 'commands_lost' }], restarts: 0 });
    pace.letGo();
    await until('it asks for a start', () => told.restarts === 1);
    expect(await writer.start(going)).toBe(0);
    expect(writer.status()).toMatchObject({ status: 'writing', error: null });
    writer.deliver([first, second].filter((record) => record !== undefined));
    await until('both are decided', () => writer.status().progress === 1);
    await writer.stop();
  });

  test('asks for nothing more when the partition was lost meanwhile', async () => {
    const log = await opened();
    const pace = heldPace();
    const { writer, told } = writerOver(log, { pace });
    await writer.start(going);
    writer.deliver(putCommands(log, [create(1, 'apple', 1), create(2, 'pear', 1)]).slice(1));
    await until('it waits', () => pace.held() === 1);
    await writer.stop();
    expect(told.restarts).toBe(0);
  });
});
