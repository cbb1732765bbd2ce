// Following a topic in a group: members that come and go, stored offsets, and the end.
import { expect, test } from '@jest/globals';
import { eventually } from '../../support/servers.ts';
import type { LogFixture } from './fixture.ts';
import { append, expectCode, setUp, text, withinMs } from './fixture.ts';
import { Reader } from './reader.ts';

export function sharing(given: () => LogFixture): void {
  test('members that come and go lose nothing and get nothing twice', async () => {
    const partitions = 4;
    const { log, topic, appender } = await setUp(given(), partitions);
    const group = `${topic}.group`;
    const all = Array.from({ length: partitions }, (_, p) => p);
    let written = 0;
    const write = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i += 1) {
        await appender.append(topic, new Map(all.map((p) => [p, [text(`${written}`)]])));
        written += 1;
      }
    };
    // What the group as a whole has seen: an owner starts where the group stands, as a writer does.
    const seen = new Map(all.map((p) => [p, 0]));
    const join = (): Promise<Reader> =>
      Reader.join(given().open(), topic, { group, start: (p) => Promise.resolve(seen.get(p) ?? 0) }, (p, next) =>
        seen.set(p, Math.max(seen.get(p) ?? 0, next)),
      );
    const settled = async (...members: Reader[]): Promise<void> => {
      await eventually(() => all.every((p) => seen.get(p) === written), { withinMs, what: 'everything delivered' });
      const owned = members.flatMap(({ follower }) => follower.owned()).sort();
      expect(owned).toEqual(all);
    };

    const first = await join();
    await write(20);
    await settled(first);
    expect(first.follower.owned()).toEqual(all);

    const second = await join();
    await write(20);
    await eventually(() => first.follower.owned().length === 2 && second.follower.owned().length === 2, { withinMs });
    await write(20);
    await settled(first, second);
    const kept = first.follower.owned();
    expect(first.lost.sort()).toEqual(all.filter((p) => !kept.includes(p)));
    expect(first.startsOf(kept)).toEqual([1, 1]);

    await first.follower.stop();
    await write(20);
    await eventually(() => second.follower.owned().length === 4, { withinMs });
    await write(5);
    await settled(second);

    for (const reader of [first, second]) {
      expect(reader.faults).toEqual([]);
      expect(reader.troubles).toEqual([]);
    }
    expect((await log.ends(topic)).get(0)?.high).toBe(written);
  });

  test('a partition that is lost before `start` has answered hears of it by its signal, and is never delivered', async () => {
    const { topic, appender } = await setUp(given(), 2);
    const group = `${topic}.group`;
    await appender.append(topic, new Map([0, 1].map((p) => [p, [text('a')]])));
    const signals = new Map<number, AbortSignal>();
    const gate = Promise.withResolvers<number>();
    const slow = await Reader.join(given().open(), topic, {
      group,
      start: (partition, signal) => {
        signals.set(partition, signal);
        return gate.promise;
      },
    });
    const second = await Reader.join(given().open(), topic, { group });
    await eventually(() => second.follower.owned().length === 1 && slow.follower.owned().length === 1, { withinMs });
    const [moved = -1] = second.follower.owned();
    const [kept = -1] = slow.follower.owned();
    gate.resolve(0);
    await eventually(() => slow.next(kept) === 1 && second.next(moved) === 1, { withinMs });

    expect(signals.get(moved)?.aborted).toBe(true);
    expect(signals.get(kept)?.aborted).toBe(false);
    expect(slow.lost).toEqual([moved]);
    expect(slow.records(moved)).toEqual([]);
  });

  test('a member that wants all gets every partition, whoever else follows', async () => {
    const { topic, appender } = await setUp(given(), 3);
    const everyone = [0, 1, 2];
    const readers = await Promise.all(
      ['x', 'y'].map((id) => Reader.join(given().open(), topic, { group: `${topic}.all.${id}`, assignment: 'all' })),
    );
    await appender.append(topic, new Map(everyone.map((p) => [p, [text(`p${p}`)]])));
    for (const reader of readers) {
      await eventually(() => everyone.every((p) => reader.next(p) === 1), { withinMs });
      expect(reader.follower.owned()).toEqual(everyone);
      expect(everyone.map((p) => reader.values(p))).toEqual([['p0'], ['p1'], ['p2']]);
    }
  });
}

export function ending(given: () => LogFixture): void {
  test('an offset that was committed is answered, and a partition without one is absent', async () => {
    const { log, topic } = await setUp(given(), 3);
    const group = `${topic}.group`;
    expect(await log.committed(group, topic)).toEqual(new Map());
    const reader = await Reader.join(log, topic, { group });
    await reader.follower.commit(2, 17);
    await reader.follower.commit(2, 18);
    await reader.follower.commit(0, 0);
    expect(await log.committed(group, topic)).toEqual(
      new Map([
        [0, 0],
        [2, 18],
      ]),
    );
    expect(reader.troubles).toEqual([]);
  });

  test('a closed log does nothing more, and says so', async () => {
    const { topic, appender } = await setUp(given(), 1);
    const log = given().open();
    const reader = await Reader.join(log, topic);
    await log.close();
    await append(appender, topic, 0, [text('a')]);
    const witness = await Reader.join(given().open(), topic);
    await eventually(() => witness.next(0) === 1, { withinMs });

    expect(reader.records(0)).toEqual([]);
    expect(reader.lost).toEqual([0]);
    await expectCode('unavailable', log.openAppender());
    await expectCode('unavailable', log.ends(topic));
    await expectCode(
      'unavailable',
      log.read({ topic, partition: 0, from: 0, to: 1 }, () => undefined),
    );
    await expectCode('unavailable', Reader.join(log, topic));
  });
}
