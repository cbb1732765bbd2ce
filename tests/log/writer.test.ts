// Whatever becomes of an append, every command gets exactly one outcome that counts, and only what stands is told.
import { describe, expect, test } from '@jest/globals';
import type { Outbox } from '../../src/log/outbox.ts';
import type { Log } from '../../src/log/port.ts';
import { LogError } from '../../src/log/port.ts';
import { create, history, place, plainReading, readAll, topics, turn, until, uuid } from './fixture.ts';
import { putCommands, startBench, strangerOf, withAppends } from './writer-bench.ts';

/** An outbox of a partition that tells others nothing. */
const emptyOutbox: Outbox = {
  add: () => undefined,
  reset: () => undefined,
  sent: (progress) => progress,
  backlog: () => ({ messages: 0, oldestMs: 0 }),
  room: () => Promise.resolve(),
  run: () => Promise.resolve(),
};
const apples = create(1, 'apple', 1);
const order = place(2, ['apple']);
const rival = place(3, ['apple']);
const sold = ['0 ProductCreated', '1 StockHeld', '1 OrderAccepted'];

describe('an append', () => {
  test('that landed as stated stands, is told once, and the next batch rests on it', async () => {
    const bench = await startBench();
    bench.give([apples]);
    await bench.decided(1);
    bench.give([order, rival]);
    expect(await bench.decided(3)).toEqual([...sold, '2 OrderRefused']);
    expect(bench.appended.map(({ base, commands }) => ({ base, commands }))).toEqual([
      { base: 1, commands: 1 },
      { base: 2, commands: 2 },
    ]);
    expect(bench.doubts).toEqual([]);
    expect(await bench.stop()).toBeNull();
  });

  test('waits while too many messages to other partitions wait, and then goes on', async () => {
    let release = (): void => undefined;
    const room = new Promise<void>((resolve) => (release = resolve));
    const outbox = { ...emptyOutbox, room: () => room };
    const bench = await startBench({ writer: { outbox } });
    bench.give([apples, order]);
    for (let i = 0; i < 50; i += 1) await turn();
    expect(bench.sent).toEqual([]);
    release();
    expect(await bench.decided(2)).toEqual(sold);
    await bench.stop();
  });

  test('is not followed by another before its answer', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const bench = await startBench({ wrap: (log) => slowAnswers(log, held) });
    bench.give([apples]);
    await until('the append was sent', () => bench.sent.length === 1);
    bench.give([order]);
    for (let i = 0; i < 50; i += 1) await turn();
    expect({ sent: bench.sent.length, appended: bench.appended.length }).toEqual({ sent: 1, appended: 0 });
    release();
    expect(await bench.decided(2)).toEqual(sold);
    await bench.stop();
  });

  test.each([
    ['whose answer was lost stands', 'lose_answer' as const, 3],
    ['whose request was lost is made again', 'lose_request' as const, 3],
  ])('%s', async (_, fault, records) => {
    const bench = await startBench({ plans: [fault] });
    bench.give([apples, order]);
    expect(await bench.decided(2)).toEqual(sold);
    expect((await readAll(bench.log, topics.events)).length).toBe(1 + records);
    expect(bench.doubts).toEqual(['no answer came']);
    await bench.stop();
  });

  test('whose answer was lost is not told as appended', async () => {
    const bench = await startBench({ plans: ['lose_answer'] });
    bench.give([apples]);
    await bench.decided(1);
    expect(bench.appended).toEqual([]);
    await bench.stop();
  });

  test('that lands late, behind its repetition, is void', async () => {
    const bench = await startBench({ plans: [{ landAfter: 40 }] });
    bench.give([apples, order]);
    expect(await bench.decided(2)).toEqual(sold);
    await until('the late one landed', async () => (await readAll(bench.log, topics.events)).length === 7);
    expect(await history(bench.log)).toHaveLength(4);
    bench.give([rival]);
    expect(await bench.decided(3)).toEqual([...sold, '2 OrderRefused']);
    // Three that came late, and the one that was meant for the place where they lie.
    expect(bench.journal.tally().void).toBe(4);
    await bench.stop();
  });

  test('behind another writer is void: what that one decided holds, the rest is decided anew', async () => {
    const plans: (() => 'none')[] = [];
    const bench = await startBench({ plans });
    const stranger = await strangerOf(bench.log);
    plans.push(() => {
      stranger([apples, rival]);
      return 'none';
    });
    bench.give([apples, order, rival]);
    const said = await bench.decided(3);
    expect(said).toEqual([...sold, '2 CommandRepeated']);
    expect((await history(bench.log))[3]?.meta.command_id).toBe(uuid(3));
    expect(bench.appended.map(({ base }) => base)).toEqual([8]);
    expect(bench.doubts).toEqual(['an append meant for 1 landed at 4: another writer was here']);
    await bench.stop();
  });

  test('of which no answer says where it landed is in doubt, and read', async () => {
    let silent = 1;
    const bench = await startBench({
      wrap: (log) => withAppends(log, async (send) => (silent-- > 0 ? (await send(), new Map()) : send())),
    });
    bench.give([apples]);
    expect(await bench.decided(1)).toEqual(['0 ProductCreated']);
    expect(bench.doubts).toHaveLength(1);
    await bench.stop();
  });

  test('that landed before the known end is an alarm: the journal shrank', async () => {
    const plans: (() => 'none')[] = [];
    const bench = await startBench({ plans });
    bench.give([apples, order]);
    await bench.decided(2);
    plans.push(() => {
      bench.log.cut(topics.events, 0, { high: 2 });
      return 'none';
    });
    bench.give([rival]);
    expect(await bench.ended).toMatchObject({ code: 'journal_shrank', partition: 0 });
    expect(bench.appended).toHaveLength(1);
  });
});

describe('what the broker does not take', () => {
  test('for its size is halved until it fits', async () => {
    const bench = await startBench({ batchBytesMax: 2_000 });
    bench.give([apples, ...Array.from({ length: 20 }, (_, i) => place(10 + i, ['apple']))]);
    const said = await bench.decided(21);
    expect(said.filter((text) => text.endsWith('OrderAccepted'))).toHaveLength(1);
    expect(said.filter((text) => text.endsWith('OrderRefused'))).toHaveLength(19);
    expect(bench.appended.length).toBeGreaterThan(2);
    await bench.stop();
  });

  test('for its size although it is one command is refused too_large, whatever its events', async () => {
    const bench = await startBench({ batchBytesMax: 500 });
    const wide = [
      create(1, 'apple', 1),
      create(2, 'pear', 1),
      place(3, ['apple', 'pear']),
      create(4, 'x'.repeat(500), 1),
    ];
    bench.give([...wide, create(5, 'plum', 1)]);
    expect((await bench.decided(5)).slice(2)).toEqual([
      '2 CommandRefused too_large',
      '3 CommandRefused too_large',
      '4 ProductCreated',
    ]);
    await bench.stop();
  });

  test('at all is an alarm that says why', async () => {
    const denied = new LogError('rejected', 'not authorized');
    const bench = await startBench({ wrap: (log) => withAppends(log, () => Promise.reject(denied)) });
    bench.give([apples, order]);
    expect(await bench.ended).toMatchObject({
      code: 'append_rejected',
      message: 'partition 0: the broker refuses an append: not authorized',
    });
  });
});

describe('a writer', () => {
  test('that lost the partition appends nothing more and waits to be stopped', async () => {
    const isMember = { now: false };
    const bench = await startBench({ plans: ['lose_request'], writer: { isMember: () => isMember.now } });
    bench.give([apples]);
    await until('it was in doubt', () => bench.doubts.length === 1);
    for (let i = 0; i < 50; i += 1) await turn();
    expect({ sent: bench.sent.length, progress: bench.journal.progress() }).toEqual({ sent: 1, progress: -1 });
    isMember.now = true;
    expect(await bench.decided(1)).toEqual(['0 ProductCreated']);
    await bench.stop();
  });

  test('passes over commands that were decided before', async () => {
    const bench = await startBench();
    const records = putCommands(bench.log, [apples, order]);
    bench.writer.enqueue(records);
    await bench.decided(2);
    bench.writer.enqueue(records);
    bench.give([rival]);
    expect(await bench.decided(3)).toEqual([...sold, '2 OrderRefused']);
    await bench.stop();
  });

  test('takes from its own process what comes next, and leaves to the broker what does not', async () => {
    const bench = await startBench();
    const [first, second, third] = putCommands(bench.log, [apples, order, rival]).map((record) => [record]);
    expect(bench.writer.offer(second ?? [])).toBe(0);
    expect(bench.writer.offer(first ?? [])).toBe(0);
    expect(await bench.decided(1)).toEqual(['0 ProductCreated']);
    expect(bench.writer.enqueue([first, second].flatMap((one) => one ?? []))).toBe(1);
    expect(bench.writer.offer([second, third].flatMap((one) => one ?? []))).toBe(1);
    expect(await bench.decided(3)).toEqual([...sold, '2 OrderRefused']);
    expect(await history(bench.log)).toHaveLength(5);
    await bench.stop();
  });

  test.each([
    ['first', 0],
    ['in the middle', 1],
  ])('does not decide over a command that was not delivered: the %s one', async (_, missing) => {
    const bench = await startBench();
    const records = putCommands(bench.log, [apples, order, rival]);
    bench.writer.enqueue(records.filter(({ offset }) => offset !== missing));
    expect(await bench.ended).toMatchObject({
      code: 'commands_lost',
      message: `partition 0: command ${missing + 1} was delivered where ${missing} is next`,
    });
    expect(await history(bench.log)).toHaveLength(1);
  });

  test('decides what lies before a command that this release does not know, then stops', async () => {
    const unknown = Object.assign(new Error('newer'), { code: 'unknown_type' }) as unknown;
    const plain = plainReading();
    const reading = {
      ...plain,
      command: (...[partition, record, signal]: Parameters<typeof plain.command>) => {
        if (record.offset === 1) throw unknown;
        return plain.command(partition, record, signal);
      },
    };
    const bench = await startBench({ writer: { reading } });
    bench.give([apples, order, rival]);
    expect(await bench.ended).toBe(unknown);
    expect(bench.journal.progress()).toBe(0);
  });
});

/** Holds back the first answer. */
function slowAnswers(log: Log, held: Promise<void>): Log {
  return withAppends(log, async (send) => {
    const landed = await send();
    await held;
    return landed;
  });
}
