// What every adapter of the log must do, asserted through the port alone: one suite, run on memory and on Kafka.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Appender, Follower, FollowOptions, Log, LogRecord, OutgoingRecord } from '../../src/log/port.ts';
import { LogError } from '../../src/log/port.ts';
import { eventually } from '../support/servers.ts';

/** A record that only a stranger could have written. */
export interface StrangeRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: { readonly [name: string]: Buffer | Buffer[] };
}

/** A broker under test. */
export interface LogFixture {
  /** Connects another client. The fixture closes it. */
  open(): Log;
  /** Makes an empty topic that uses broker time. */
  topic(partitions: number): Promise<string>;
  /** Appends past the port. */
  append(topic: string, partition: number, records: readonly StrangeRecord[]): Promise<void>;
  /** Leaves an offset without a record at the end of a partition. */
  hole(topic: string, partition: number): Promise<void>;
  close(): Promise<void>;
}

const withinMs = 20_000;
const testMs = 60_000;

/** Runs the suite on a kind of log. */
export function logContract(name: string, makeFixture: () => Promise<LogFixture>): void {
  let fixture: LogFixture;
  beforeAll(async () => {
    fixture = await makeFixture();
  }, testMs);
  afterAll(() => fixture.close(), testMs);
  const given = (): LogFixture => fixture;

  describe(`${name}: appending`, () => appending(given));
  describe(`${name}: what cannot be appended`, () => refusing(given));
  describe(`${name}: reading a range`, () => reading(given));
  describe(`${name}: following`, () => following(given));
  describe(`${name}: sharing a topic`, () => sharing(given));
  describe(`${name}: stored offsets and closing`, () => ending(given));
}

function appending(given: () => LogFixture): void {
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

function refusing(given: () => LogFixture): void {
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

function reading(given: () => LogFixture): void {
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

function following(given: () => LogFixture): void {
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

function sharing(given: () => LogFixture): void {
  test(
    'members that come and go lose nothing and get nothing twice',
    async () => {
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
    },
    testMs,
  );

  test(
    'a partition that is lost before `start` has answered hears of it by its signal, and is never delivered',
    async () => {
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
    },
    testMs,
  );

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

function ending(given: () => LogFixture): void {
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

/** A follower that writes down what it gets, and what it should not have got. */
class Reader {
  readonly lost: number[] = [];
  readonly troubles: Error[] = [];
  /** Deliveries that left something out, came twice, or came when the partition was not ours. */
  readonly faults: string[] = [];
  readonly #records = new Map<number, LogRecord[]>();
  readonly #next = new Map<number, number>();
  readonly #starts = new Map<number, number>();
  #follower: Follower | undefined;

  static async join(
    log: Log,
    topic: string,
    options: Partial<FollowOptions> = {},
    onNext: (partition: number, next: number) => void = () => undefined,
  ): Promise<Reader> {
    const reader = new Reader();
    const { start, ...given } = { ...(await Reader.options(topic)), ...options };
    reader.#follower = await log.follow({
      ...given,
      start: async (partition, signal) => {
        reader.#starts.set(partition, (reader.#starts.get(partition) ?? 0) + 1);
        const next = await start(partition, signal);
        if (!signal.aborted) reader.#next.set(partition, next);
        return next;
      },
      deliver: (partition, records) => {
        reader.#take(partition, records);
        onNext(partition, reader.next(partition));
      },
      lost: (partition) => {
        reader.lost.push(partition);
        reader.#next.delete(partition);
      },
      trouble: (error) => reader.troubles.push(error),
    });
    return reader;
  }

  static options(topic: string): Promise<FollowOptions> {
    groups += 1;
    return Promise.resolve({
      topic,
      group: `${topic}.reader.${groups}`,
      assignment: 'shared',
      start: () => Promise.resolve(0),
      deliver: () => undefined,
      lost: () => undefined,
      trouble: () => undefined,
    });
  }

  get follower(): Follower {
    if (this.#follower === undefined) throw new Error('it has not joined');
    return this.#follower;
  }

  records(partition: number): readonly LogRecord[] {
    return this.#records.get(partition) ?? [];
  }

  values(partition: number): string[] {
    return this.records(partition).map(valueOf);
  }

  /** Offset that is due next; -1 when the partition is not ours. */
  next(partition: number): number {
    return this.#next.get(partition) ?? -1;
  }

  startsOf(partitions: readonly number[]): number[] {
    return partitions.map((partition) => this.#starts.get(partition) ?? 0);
  }

  #take(partition: number, records: readonly LogRecord[]): void {
    for (const record of records) {
      if (record.offset !== this.next(partition)) {
        this.faults.push(`${partition}: ${record.offset} came, ${this.next(partition)} was due`);
      }
      this.#next.set(partition, record.offset + 1);
    }
    this.#records.set(partition, [...this.records(partition), ...records]);
  }
}

let groups = 0;

async function setUp(
  fixture: LogFixture,
  partitions: number,
): Promise<{ readonly log: Log; readonly topic: string; readonly appender: Appender }> {
  const topic = await fixture.topic(partitions);
  const log = fixture.open();
  return { log, topic, appender: await log.openAppender() };
}

async function append(
  appender: Appender,
  topic: string,
  partition: number,
  records: readonly OutgoingRecord[],
): Promise<{ readonly baseOffset: number; readonly at: number }> {
  const landed = (await appender.append(topic, new Map([[partition, records]]))).get(partition);
  if (landed === undefined) throw new Error(`partition ${partition} is missing in the answer`);
  return landed;
}

async function readAll(log: Log, topic: string, partition: number, to: number, from = 0): Promise<LogRecord[]> {
  const read: LogRecord[] = [];
  await log.read({ topic, partition, from, to }, (records) => {
    read.push(...records);
  });
  return read;
}

async function expectCode(code: string, work: Promise<unknown>): Promise<void> {
  const error: unknown = await work.then(
    () => new Error('it went well'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LogError);
  expect(error).toMatchObject({ code });
}

async function nextTurns(turns: number): Promise<void> {
  for (let i = 0; i < turns; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

function text(value: string): OutgoingRecord {
  return { key: 'k', value: Buffer.from(value) };
}

function valueOf({ value, hole }: LogRecord): string {
  return hole ? 'hole' : Buffer.from(value ?? []).toString();
}

function plain({ offset, key, value, headers }: LogRecord): object {
  const hex = Object.entries(headers).map(([name, bytes]) => [name, Buffer.from(bytes as Uint8Array).toString('hex')]);
  return {
    offset,
    key: key === null ? null : Buffer.from(key).toString(),
    value: value === null ? null : Buffer.from(value).toString('hex'),
    headers: Object.fromEntries(hex),
  };
}
