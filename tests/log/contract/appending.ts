// Appends: where batches land, whether they stay whole, and what cannot be appended.
import { expect, test } from '@jest/globals';
import type { OutgoingRecord } from '../../../src/log/port.ts';
import type { LogFixture } from './fixture.ts';
import { append, expectCode, plain, readAll, setUp, text, valueOf } from './fixture.ts';

export function appending(given: () => LogFixture): void {
  test('a batch gets offsets in a row and broker time, and is read back as it was sent', async () => {
    const { log, topic, appender } = await setUp(given(), 1);
    const before = await append(appender, topic, 0, [text('a')]);
    const sent: OutgoingRecord[] = [
      { key: 'product-é', value: Buffer.from([0, 1, 255]), headers: { l: Buffer.alloc(8, 7), empty: Buffer.alloc(0) } },
      { key: Buffer.from([0, 200]), value: Buffer.alloc(0) },
      { key: null, value: null },
    ];
    const landed = await append(appender, topic, 0, sent);

    expect([before.baseOffset, landed.baseOffset]).toEqual([0, 1]);
    expect(Math.abs(landed.at - Date.now())).toBeLessThan(60_000);
    const [, ...read] = await readAll(log, topic, 0, 4);
    expect(read.map(plain)).toEqual([
      { offset: 1, key: 'product-é', value: '0001ff', headers: { l: '0707070707070707', empty: '' } },
      { offset: 2, key: Buffer.from([0, 200]).toString(), value: '', headers: {} },
      { offset: 3, key: null, value: null, headers: {} },
    ]);
    expect(read.map(({ at }) => at)).toEqual([landed.at, landed.at, landed.at]);
  });

  test('several partitions in one append land each in their own order', async () => {
    const { log, topic, appender } = await setUp(given(), 3);
    await append(appender, topic, 2, [text('before')]);
    const landed = await appender.append(
      topic,
      new Map([
        [2, [text('c1'), text('c2')]],
        [0, [text('a1')]],
      ]),
    );

    expect([landed.get(0)?.baseOffset, landed.get(2)?.baseOffset, landed.size]).toEqual([0, 1, 2]);
    expect((await readAll(log, topic, 2, 3)).map(valueOf)).toEqual(['before', 'c1', 'c2']);
    expect((await readAll(log, topic, 0, 1)).map(valueOf)).toEqual(['a1']);
  });

  test('batches of two writers do not mix', async () => {
    const { log, topic } = await setUp(given(), 1);
    const write = async (who: string): Promise<void> => {
      const appender = await log.openAppender();
      for (let batch = 0; batch < 20; batch += 1) {
        await append(
          appender,
          topic,
          0,
          Array.from({ length: 7 }, (_, i) => text(`${who}${batch}:${i}`)),
        );
      }
      await appender.close();
    };
    await Promise.all([write('a'), write('b')]);

    const values = (await readAll(log, topic, 0, 280)).map(valueOf);
    const batches = Array.from({ length: 40 }, (_, i) => values.slice(i * 7, i * 7 + 7));
    for (const batch of batches) {
      const owner = batch[0]?.split(':')[0];
      expect(batch).toEqual(Array.from({ length: 7 }, (_, i) => `${owner}:${i}`));
    }
    const order = (who: string): string[] => values.filter((v) => v.startsWith(who) && v.endsWith(':0'));
    expect(order('a')).toEqual(Array.from({ length: 20 }, (_, i) => `a${i}:0`));
    expect(order('b')).toEqual(Array.from({ length: 20 }, (_, i) => `b${i}:0`));
  });

  test('a thousand records are one batch', async () => {
    const { log, topic, appender } = await setUp(given(), 1);
    const records = Array.from({ length: 1_000 }, (_, i) => text(`${i}`));
    expect((await append(appender, topic, 0, records)).baseOffset).toBe(0);
    expect((await readAll(log, topic, 0, 1_000)).map(valueOf)).toEqual(records.map((_, i) => `${i}`));
  });

  test('the ends of each partition are told', async () => {
    const { log, topic, appender } = await setUp(given(), 3);
    await append(appender, topic, 1, [text('a'), text('b')]);
    expect([...(await log.ends(topic))]).toEqual([
      [0, { low: 0, high: 0 }],
      [1, { low: 0, high: 2 }],
      [2, { low: 0, high: 0 }],
    ]);
  });
}

export function refusing(given: () => LogFixture): void {
  const tooLarge: OutgoingRecord = { key: 'k', value: Buffer.alloc(3_000_000, 1) };

  test('an unknown topic is rejected, by an append and by a question for its ends', async () => {
    const { log, appender } = await setUp(given(), 1);
    await expectCode('rejected', append(appender, 'no-such-topic', 0, [text('a')]));
    await expectCode('rejected', log.ends('no-such-topic'));
  });

  test('an unknown partition is rejected', async () => {
    const { log, topic, appender } = await setUp(given(), 2);
    await expectCode('rejected', append(appender, topic, 2, [text('a')]));
    expect([...(await log.ends(topic)).values()].map(({ high }) => high)).toEqual([0, 0]);
  });

  test('a batch beyond the size limit is too large and leaves nothing', async () => {
    const { log, topic, appender } = await setUp(given(), 1);
    await expectCode('too_large', append(appender, topic, 0, [text('a'), tooLarge]));
    expect((await log.ends(topic)).get(0)?.high).toBe(0);
  });

  test('the fate of an append of which one batch was refused is unknown: the other has landed', async () => {
    const { log, topic, appender } = await setUp(given(), 2);
    const batches = new Map([
      [0, [text('small')]],
      [1, [tooLarge]],
    ]);
    await expectCode('unknown', appender.append(topic, batches));
    expect([...(await log.ends(topic)).values()].map(({ high }) => high)).toEqual([1, 0]);
  });

  test('a closed appender says that nothing was sent', async () => {
    const { log, topic, appender } = await setUp(given(), 1);
    await appender.close();
    await expectCode('unavailable', append(appender, topic, 0, [text('a')]));
    expect((await log.ends(topic)).get(0)?.high).toBe(0);
  });
}
