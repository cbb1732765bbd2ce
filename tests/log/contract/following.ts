// Following a topic as its only member.
import { expect, test } from '@jest/globals';
import { eventually } from '../../support/servers.ts';
import type { LogFixture } from './fixture.ts';
import { append, setUp, text, valueOf, withinMs } from './fixture.ts';
import { Reader } from './reader.ts';

export function following(given: () => LogFixture): void {
  test('delivers what was there and what comes, in order, holes included', async () => {
    const { log, topic, appender } = await setUp(given(), 1);
    await append(appender, topic, 0, [text('a'), text('b')]);
    await given().hole(topic, 0);
    await append(appender, topic, 0, [text('c')]);
    const reader = await Reader.join(log, topic);
    await eventually(() => reader.values(0).includes('c'), { withinMs });
    await append(appender, topic, 0, [text('d')]);
    await eventually(() => reader.values(0).includes('d'), { withinMs });
    await given().hole(topic, 0);
    const { high } = (await log.ends(topic)).get(0) ?? { high: -1 };
    await eventually(() => reader.next(0) === high, { withinMs, what: 'the delivery of a hole at the end' });

    expect(reader.values(0).filter((value) => value !== 'hole')).toEqual(['a', 'b', 'c', 'd']);
    expect(reader.records(0).map(({ offset }) => offset)).toEqual(Array.from({ length: high }, (_, i) => i));
    const holes = reader.records(0).filter(({ hole }) => hole);
    expect(holes.length).toBeGreaterThanOrEqual(2);
    expect(holes.map(({ at, key, value }) => [at, key, value])).toEqual(holes.map(() => [-1, null, null]));
  });

  test('begins where `start` says, and not before it has answered', async () => {
    const { log, topic, appender } = await setUp(given(), 2);
    for (const partition of [0, 1]) await append(appender, topic, partition, ['a', 'b', 'c'].map(text));
    const gate = Promise.withResolvers<void>();
    const reader = await Reader.join(log, topic, {
      start: async (partition) => {
        if (partition === 1) await gate.promise;
        return partition === 1 ? 2 : 1;
      },
    });
    await eventually(() => reader.next(0) === 3, { withinMs });
    await append(appender, topic, 1, [text('d')]);
    await append(appender, topic, 0, [text('d')]);
    await eventually(() => reader.next(0) === 4, { withinMs });
    expect(reader.records(1)).toEqual([]);
    expect(reader.follower.owned()).toEqual([0, 1]);

    gate.resolve();
    await eventually(() => reader.next(1) === 4, { withinMs });
    expect(reader.values(1)).toEqual(['c', 'd']);
    expect(reader.values(0)).toEqual(['b', 'c', 'd']);
  });

  test('asks `start` again when it throws, and reports it', async () => {
    const { log, topic, appender } = await setUp(given(), 1);
    await append(appender, topic, 0, [text('a')]);
    let asked = 0;
    const reader = await Reader.join(log, topic, {
      start: () => {
        asked += 1;
        return asked < 3 ? Promise.reject(new Error(`not ready ${asked}`)) : Promise.resolve(0);
      },
    });
    await eventually(() => reader.next(0) === 1, { withinMs });
    expect(reader.troubles.map(({ message }) => message)).toEqual(['not ready 1', 'not ready 2']);
  });

  test('a paused partition gets nothing, others go on; resumed it goes on where it stood', async () => {
    const { log, topic, appender } = await setUp(given(), 2);
    const reader = await Reader.join(log, topic);
    const write = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i += 1) {
        await appender.append(topic, new Map([0, 1].map((p) => [p, [text(`${i}`)]])));
      }
    };
    await write(0, 5);
    await eventually(() => reader.next(0) === 5 && reader.next(1) === 5, { withinMs });
    reader.follower.pause(0);
    await write(5, 20);
    await eventually(() => reader.next(1) === 20, { withinMs });
    expect(reader.next(0)).toBe(5);

    reader.follower.resume(0);
    await write(20, 25);
    await eventually(() => reader.next(0) === 25, { withinMs });
    expect(reader.values(0)).toEqual(Array.from({ length: 25 }, (_, i) => `${i}`));
  });

  test('a partition paused while it starts stays paused', async () => {
    const { log, topic, appender } = await setUp(given(), 2);
    await appender.append(topic, new Map([0, 1].map((p) => [p, [text('a')]])));
    const gate = Promise.withResolvers<number>();
    const reader = await Reader.join(log, topic, { start: (p) => (p === 0 ? gate.promise : Promise.resolve(0)) });
    reader.follower.pause(0);
    gate.resolve(0);
    await eventually(() => reader.next(1) === 1, { withinMs });
    await appender.append(topic, new Map([0, 1].map((p) => [p, [text('b')]])));
    await eventually(() => reader.next(1) === 2, { withinMs });
    expect(reader.records(0)).toEqual([]);
    reader.follower.resume(0);
    await eventually(() => reader.next(0) === 2, { withinMs });
  });

  test('a restarted partition is delivered again from what `start` answers', async () => {
    const { log, topic, appender } = await setUp(given(), 1);
    await append(appender, topic, 0, ['a', 'b', 'c'].map(text));
    const starts = [0, 1];
    const reader = await Reader.join(log, topic, { start: () => Promise.resolve(starts.shift() ?? -1) });
    await eventually(() => reader.next(0) === 3, { withinMs });
    reader.follower.restart(0);
    await eventually(() => reader.values(0).length === 5, { withinMs });
    await append(appender, topic, 0, [text('d')]);
    await eventually(() => reader.values(0).includes('d'), { withinMs });
    expect(reader.values(0)).toEqual(['a', 'b', 'c', 'b', 'c', 'd']);
    expect(reader.lost).toEqual([]);
  });

  test('an owner that fails to take a delivery is asked anew where it stands', async () => {
    const { log, topic, appender } = await setUp(given(), 1);
    await append(appender, topic, 0, [text('a'), text('b')]);
    let failing = true;
    const taken: string[] = [];
    const troubles: string[] = [];
    await log.follow({
      ...(await Reader.options(topic)),
      deliver: (_partition, records) => {
        if (failing) {
          failing = false;
          throw new Error('out of memory');
        }
        taken.push(...records.map(valueOf));
      },
      trouble: (error) => troubles.push(error.message),
    });
    await eventually(() => taken.length === 2, { withinMs });
    expect(taken).toEqual(['a', 'b']);
    expect(troubles).toEqual(['out of memory']);
  });

  test('headers that nobody of ours would write arrive as they are', async () => {
    const { log, topic } = await setUp(given(), 1);
    const l = [Buffer.alloc(8, 1), Buffer.alloc(8, 2)];
    await given().append(topic, 0, [{ key: null, value: Buffer.from('x'), headers: { l } }]);
    await given().append(topic, 0, [{ key: Buffer.from('k'), value: null, headers: {} }]);
    const reader = await Reader.join(log, topic);
    await eventually(() => reader.next(0) === 2, { withinMs });
    expect(reader.records(0).map(({ headers }) => headers)).toEqual([{ l }, {}]);
    expect(reader.records(0).map(({ hole }) => hole)).toEqual([false, false]);
  });

  test('after stop nothing is delivered, and every partition was lost', async () => {
    const { log, topic, appender } = await setUp(given(), 2);
    const reader = await Reader.join(log, topic);
    await append(appender, topic, 0, [text('a')]);
    await eventually(() => reader.next(0) === 1, { withinMs });
    await reader.follower.stop();
    const witness = await Reader.join(given().open(), topic);
    await append(appender, topic, 0, [text('b')]);
    await eventually(() => witness.next(0) === 2, { withinMs });

    expect(reader.values(0)).toEqual(['a']);
    expect(reader.lost.sort()).toEqual([0, 1]);
    expect(reader.follower.owned()).toEqual([]);
  });
}
