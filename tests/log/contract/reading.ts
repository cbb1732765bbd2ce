// Reading a range of one partition.
import { expect, test } from '@jest/globals';
import { eventually } from '../../support/servers.ts';
import type { LogFixture } from './fixture.ts';
import { append, expectCode, nextTurns, readAll, setUp, text, valueOf, withinMs } from './fixture.ts';

export function reading(given: () => LogFixture): void {
  test('gives what lies in the range, whichever way it is cut', async () => {
    const { log, topic, appender } = await setUp(given(), 2);
    for (let i = 0; i < 4; i += 1)
      await append(
        appender,
        topic,
        1,
        [0, 1, 2].map((j) => text(`${i * 3 + j}`)),
      );
    const range = async (from: number, to: number): Promise<string[]> =>
      (await readAll(log, topic, 1, to, from)).map(valueOf);

    expect(await range(0, 12)).toEqual(Array.from({ length: 12 }, (_, i) => `${i}`));
    expect(await range(4, 8)).toEqual(['4', '5', '6', '7']);
    expect(await range(11, 12)).toEqual(['11']);
    expect(await range(5, 5)).toEqual([]);
    expect(await range(12, 12)).toEqual([]);
  });

  test('passes over holes in silence, also at the end of the range', async () => {
    const { log, topic, appender } = await setUp(given(), 1);
    await append(appender, topic, 0, [text('first')]);
    await given().hole(topic, 0);
    await append(appender, topic, 0, [text('second')]);
    await given().hole(topic, 0);
    const { high } = (await log.ends(topic)).get(0) ?? { high: -1 };

    expect((await readAll(log, topic, 0, high)).map(valueOf)).toEqual(['first', 'second']);
    expect((await readAll(log, topic, 0, high, high - 1)).map(valueOf)).toEqual([]);
  });

  test('waits for each handling before the next, and for the last before it says done', async () => {
    const { log, topic, appender } = await setUp(given(), 1);
    for (let i = 0; i < 5; i += 1) await append(appender, topic, 0, [text(`${i}`)]);
    let busy = 0;
    let overlaps = 0;
    let handled = 0;
    await log.read({ topic, partition: 0, from: 0, to: 5 }, async (records) => {
      busy += 1;
      if (busy > 1) overlaps += 1;
      await nextTurns(20);
      handled += records.length;
      busy -= 1;
    });
    expect({ overlaps, handled, busy }).toEqual({ overlaps: 0, handled: 5, busy: 0 });
  });

  test('waits for what is not there yet', async () => {
    const { log, topic, appender } = await setUp(given(), 1);
    await append(appender, topic, 0, [text('a')]);
    const values: string[] = [];
    const done = log.read({ topic, partition: 0, from: 0, to: 3 }, (records) => {
      values.push(...records.map(valueOf));
    });
    await eventually(() => values.length === 1, { withinMs });
    await append(appender, topic, 0, [text('b'), text('c'), text('beyond')]);
    await done;
    expect(values).toEqual(['a', 'b', 'c']);
  });

  test('stops with what the handling throws, or with the reason of the signal', async () => {
    const { log, topic, appender } = await setUp(given(), 1);
    await append(appender, topic, 0, [text('a')]);
    const wrong = new Error('the disk is full');
    const fail = (): never => {
      throw wrong;
    };
    await expect(log.read({ topic, partition: 0, from: 0, to: 1 }, fail)).rejects.toBe(wrong);

    const reason = new Error('shutting down');
    const waiting = new AbortController();
    const read = log.read({ topic, partition: 0, from: 0, to: 2 }, () => waiting.abort(reason), waiting.signal);
    await expect(read).rejects.toBe(reason);
    await expect(log.read({ topic, partition: 0, from: 0, to: 1 }, fail, AbortSignal.abort(reason))).rejects.toBe(
      reason,
    );
  });

  test('an unknown topic is rejected', async () => {
    const { log } = await setUp(given(), 1);
    const read = log.read({ topic: 'no-such-topic', partition: 0, from: 0, to: 1 }, () => undefined);
    await expectCode('rejected', read);
  });
}
