// A take-over reads the journal and believes nothing else; what contradicts it is read again for a while, then an alarm.
import { describe, expect, test } from '@jest/globals';
import type { CommandRecord } from '../../schemas/records.ts';
import type { State } from '../../src/domain/decider.ts';
import { decideBatch } from '../../src/log/batch.ts';
import type { MemoryLog } from '../../src/log/memory/memory-log.ts';
import type { PartitionJournal } from '../../src/log/partition-journal.ts';
import type { Log } from '../../src/log/port.ts';
import { recover } from '../../src/log/recovery.ts';
import {
  codec,
  contextOf,
  create,
  fakePace,
  inject,
  journalOf,
  memoryLog,
  noon,
  open,
  place,
  plainReading,
  queued,
  thrownBy,
  topics,
  turn,
  until,
} from './fixture.ts';

const group = 'writers';
const alarmRereadMs = 10_000;
type Item = CommandRecord | string | null;
const commands: readonly Item[] = [create(1, 'apple', 5), place(2, ['apple']), place(3, ['apple'])];

/** A log with these commands, the first `decided` of which are in the journal. */
async function given(items: readonly Item[] = commands, decided = items.length): Promise<MemoryLog> {
  const log = memoryLog();
  await open(log);
  const journal = journalOf(log);
  await journal.catchUp();
  put(log, items);
  inject(log, decideBatch(contextOf(journal), queued(items.slice(0, decided))).records);
  return log;
}

function put(log: MemoryLog, items: readonly Item[]): void {
  for (const item of items) {
    const value = typeof item === 'string' ? Buffer.from(item) : item === null ? null : codec.encode(item);
    log.inject(topics.commands, 0, [item === null ? 'hole' : { value }]);
  }
}

/** Replaces all commands by others. */
function replace(log: MemoryLog, items: readonly Item[]): void {
  log.cut(topics.commands, 0, { high: 0 });
  put(log, items);
}

/** Stores a group offset as a member of the group does. */
async function commit(log: Log, next: number): Promise<void> {
  const options = { topic: topics.commands, group, assignment: 'shared' as const, start: () => Promise.resolve(0) };
  const member = await log.follow({
    ...options,
    deliver: () => undefined,
    lost: () => undefined,
    trouble: () => undefined,
  });
  await until('it is a member', () => member.owned().length === 1);
  await member.commit(0, next);
  await member.stop();
}

interface Attempt {
  readonly next: Promise<number>;
  readonly journal: PartitionJournal<State>;
  readonly slept: readonly number[];
}

function recovery(log: Log, onSleep: (now: number) => void = () => undefined, stop = new AbortController()): Attempt {
  const journal = journalOf(log);
  const pace = fakePace(onSleep);
  const options = { log, journal, commandsTopic: topics.commands, group, reading: plainReading(), pace, alarmRereadMs };
  return { next: recover(options, stop.signal), journal, slept: pace.slept };
}

describe('a take-over goes on', () => {
  test.each([
    [0, 3],
    [1, 3],
    [3, 3],
    [0, 0],
  ])('behind the %i decided ones of %i commands', async (decided, all) => {
    const { next, slept } = recovery(await given(commands.slice(0, all), decided));
    expect(await next).toBe(decided);
    expect(slept).toEqual([]);
  });

  test.each([0, 1, 2, 3])('behind the journal, whatever the group says: %i', async (committed) => {
    const log = await given();
    await commit(log, committed);
    expect((await log.committed(group, topics.commands)).get(0)).toBe(committed);
    const { next, slept } = recovery(log);
    expect(await next).toBe(3);
    expect(slept).toEqual([]);
  });

  test.each<[string, Item]>([
    ['poison', 'no command'],
    ['no record', null],
  ])('behind %s', async (_, item) => {
    const { next } = recovery(await given([...commands, item]));
    expect(await next).toBe(4);
  });

  test('where the commands begin exactly at the next one', async () => {
    const log = await given(commands, 2);
    log.cut(topics.commands, 0, { low: 2 });
    expect(await recovery(log).next).toBe(2);
  });
});

type Damage = readonly [what: string, code: string, damage: (log: MemoryLog) => unknown, message: string];

const damages: readonly Damage[] = [
  ['the group is beyond the journal', 'offset_beyond_journal', (log) => commit(log, 4), "the group's offset is 4"],
  ['the journal lost its tail', 'offset_beyond_journal', cutTail, 'commands below 1 only'],
  [
    'commands were cut from below',
    'commands_lost',
    (log) => {
      put(log, [place(4, [])]);
      log.cut(topics.commands, 0, { low: 4 });
    },
    'holds commands 4 to 3',
  ],
  [
    'commands were cut from above',
    'commands_lost',
    (log) => log.cut(topics.commands, 0, { high: 2 }),
    'holds commands 0 to 1',
  ],
  [
    'another command lies there',
    'history_diverged',
    (log) => replace(log, [...commands.slice(0, 2), place(9, ['apple'])]),
    'command 2 was decided',
  ],
  [
    'poison lies there',
    'history_diverged',
    (log) => replace(log, [...commands.slice(0, 2), 'poison']),
    'something that is no command',
  ],
  ['nothing lies there', 'history_diverged', (log) => replace(log, [...commands.slice(0, 2), null]), 'no record lies'],
  [
    'the journal ends inside a command',
    'journal_broken',
    (log) => log.cut(topics.events, 0, { high: 5 }),
    'ends inside command 2',
  ],
  ['the journal is empty', 'journal_broken', (log) => log.cut(topics.events, 0, { high: 0 }), 'no genesis'],
];

async function cutTail(log: MemoryLog): Promise<void> {
  await commit(log, 3);
  log.cut(topics.events, 0, { high: 2 });
}

describe('it is an alarm when', () => {
  test.each(damages)('%s: %s', async (_, code, damage, message) => {
    const log = await given();
    await damage(log);
    const { next, slept } = recovery(log);
    expect(await thrownBy(next)).toMatchObject({ code, partition: 0, message: expect.stringContaining(message) });
    expect(slept.reduce((sum, ms) => sum + ms, 0)).toBe(alarmRereadMs);
  });

  test.each<[string, Item]>([
    ['poison', 'no command'],
    ['no record', null],
  ])('a command lies where %s was', async (_, item) => {
    const log = await given([...commands, item]);
    replace(log, [...commands, place(9, ['apple'])]);
    expect(await thrownBy(recovery(log).next)).toMatchObject({ code: 'history_diverged' });
  });

  test('the command at the last offset is younger than its outcome', async () => {
    let now = noon;
    const log = memoryLog({ now: () => now });
    await open(log);
    const journal = journalOf(log);
    await journal.catchUp();
    inject(log, decideBatch(contextOf(journal), queued(commands)).records);
    put(log, commands);
    expect(await recovery(log).next).toBe(3);
    log.cut(topics.commands, 0, { high: 2 });
    now = noon + 1;
    put(log, commands.slice(2));
    expect(await thrownBy(recovery(log).next)).toMatchObject({ message: expect.stringContaining('a younger record') });
  });
});

describe('it is none when', () => {
  test('what was missing is there before the time is over', async () => {
    const log = await given();
    log.cut(topics.commands, 0, { high: 2 });
    const { next } = recovery(log, (now) => {
      if (now === 9_000) put(log, commands.slice(2));
    });
    expect(await next).toBe(3);
  });

  test('to read the journal took longer than the time to read again', async () => {
    const log = await given();
    log.cut(topics.commands, 0, { high: 2 });
    const pace = fakePace((now) => {
      if (now === 60_000 + 250) put(log, commands.slice(2));
    });
    const slow: Log = {
      ...log,
      read: async (...args) => {
        if (args[0].topic === topics.events) await pace.sleep(60_000);
        return log.read(...args);
      },
    };
    const options = {
      log: slow,
      journal: journalOf(slow),
      commandsTopic: topics.commands,
      group,
      reading: plainReading(),
    };
    expect(await recover({ ...options, pace, alarmRereadMs }, new AbortController().signal)).toBe(3);
  });
});

test('a take-over that is called off ends at once', async () => {
  const log = await given();
  log.cut(topics.commands, 0, { high: 2 });
  const stop = new AbortController();
  const { next, slept } = recovery(log, () => stop.abort(new Error('lost')), stop);
  expect((await thrownBy(next)).message).toBe('lost');
  expect(slept).toHaveLength(1);
  await turn();
});
