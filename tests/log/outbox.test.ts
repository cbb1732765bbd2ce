// Messages to other partitions go out in order, the same until they are acknowledged, and it is known how far.
import { describe, expect, test } from '@jest/globals';
import type { Message } from '../../src/domain/messages.ts';
import type { Fault } from '../../src/log/memory/memory-log.ts';
import type { Outbox, OutboxOptions } from '../../src/log/outbox.ts';
import { createOutbox } from '../../src/log/outbox.ts';
import type { LogRecord } from '../../src/log/port.ts';
import { LogError } from '../../src/log/port.ts';
import { codec, fakePace, memoryLog, readAll, thrownBy, topics, until, uuid } from './fixture.ts';

const sender = 0;

function message(command_offset: number, target: number): Message {
  const data = { order_id: uuid(command_offset), settlement: 'sold' } as const;
  return { target, command_offset, command: { type: 'SettleHold', data }, actor: 'ann', correlation_id: 'trace' };
}

interface Bench {
  readonly outbox: Outbox;
  readonly doubts: string[];
  readonly landed: (readonly [number, readonly LogRecord[]])[];
  readonly ended: Promise<unknown>;
  /** The messages that lie in a partition, by the offset of their commands. */
  arrived(target: number): Promise<readonly number[]>;
  stop(): Promise<unknown>;
}

function start(faults: readonly Fault[] = [], more: Partial<OutboxOptions> = {}): Bench {
  const log = memoryLog({}, 4);
  const plans = [...faults];
  const doubts: string[] = [];
  const landed: Bench['landed'] = [];
  const outbox = createOutbox({
    log: log.client({ faults: () => plans.shift() ?? 'none' }),
    commandsTopic: topics.commands,
    partition: sender,
    encode: codec.encode,
    limits: { recordsMax: 3, bytesMax: 100_000 },
    outboxMax: 4,
    pace: fakePace(),
    doubt: ({ message: text }) => void doubts.push(text),
    landed: (target, records) => void landed.push([target, records]),
    ...more,
  });
  const stopping = new AbortController();
  const ended = outbox.run(stopping.signal).then(
    () => null,
    (error: unknown) => error,
  );
  const arrived = async (target: number): Promise<readonly number[]> =>
    (await readAll(log, topics.commands, target)).map(({ value }) => {
      const decoded = codec.decode(value ?? Buffer.alloc(0));
      if (decoded.kind !== 'command' || !('source' in decoded.record.data)) throw new Error('it is no message');
      return decoded.record.data.source.command_offset;
    });
  const stop = (): Promise<unknown> => {
    stopping.abort();
    return ended;
  };
  return { outbox, doubts, landed, ended, arrived, stop };
}

describe('messages', () => {
  test('arrive in order, several in one send, and say where they come from', async () => {
    const bench = start();
    bench.outbox.add([1, 2, 3, 4, 5].map((offset) => message(offset, offset === 4 ? 2 : 1)));
    expect(bench.outbox.sent(9)).toBe(0);
    await until('all are sent', () => bench.outbox.backlog().messages === 0);
    expect([await bench.arrived(1), await bench.arrived(2)]).toEqual([[1, 2, 3, 5], [4]]);
    expect(bench.outbox.sent(9)).toBe(9);
    const [[target, records] = [0, []]] = bench.landed;
    expect([target, records.map(({ headers }) => String(headers['source']))]).toEqual([1, ['0:1', '0:2', '0:3']]);
    expect(await bench.stop()).toBeNull();
  });

  test.each<[string, Fault[]]>([
    ['an answer is lost', ['lose_answer']],
    ['a request is lost', ['lose_request', 'lose_request']],
    ['a request comes late', [{ landAfter: 4 }]],
  ])('are sent again until they are acknowledged when %s, and none overtakes another', async (_what, faults) => {
    const bench = start(faults);
    bench.outbox.add([1, 2, 3, 4, 5, 6, 7].map((offset) => message(offset, 1)));
    await until('all are sent', () => bench.outbox.backlog().messages === 0);
    const arrived = await bench.arrived(1);
    // What a receiver takes that remembers the latest.
    const taken = arrived.filter((offset, i) => arrived.slice(0, i).every((before) => before < offset));
    expect(taken).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(bench.doubts.length).toBe(faults.length);
    await bench.stop();
  });

  test('that were acknowledged here are not sent again after a take-over, others are', async () => {
    const bench = start();
    bench.outbox.add([message(1, 1), message(2, 1)]);
    await until('both are sent', () => bench.outbox.backlog().messages === 0);
    bench.outbox.reset([message(1, 1), message(2, 1), message(3, 2)]);
    expect(bench.outbox.sent(9)).toBe(2);
    await until('all are sent', () => bench.outbox.backlog().messages === 0);
    expect([await bench.arrived(1), await bench.arrived(2)]).toEqual([[1, 2], [3]]);
    await bench.stop();
  });

  test('that wait are counted, and hold back whoever would make more until some of them were taken', async () => {
    const pace = fakePace();
    // The broker does not answer before the test lets it.
    let isAway = true;
    const log = memoryLog({}, 4);
    const openAppender: OutboxOptions['log']['openAppender'] = async () => {
      if (isAway) throw new LogError('unavailable', 'nobody leads the partition');
      return log.client().openAppender();
    };
    const bench = start([], { log: { openAppender }, pace });
    const going = new AbortController();
    bench.outbox.add([1, 2, 3].map((offset) => message(offset, 1)));
    await bench.outbox.room(going.signal);
    bench.outbox.add([message(4, 2)]);
    let held = true;
    const room = bench.outbox.room(going.signal).then(() => (held = false));
    await until('it was tried for a while', () => bench.doubts.length > 5);
    expect(held).toBe(true);
    const { messages, oldestMs } = bench.outbox.backlog();
    expect(messages).toBe(4);
    expect(oldestMs).toBe(pace.now());
    expect(oldestMs).toBeGreaterThan(0);
    isAway = false;
    await room;
    await until('all are sent', () => bench.outbox.backlog().messages === 0);
    expect(bench.outbox.backlog()).toEqual({ messages: 0, oldestMs: 0 });
    await bench.stop();
  });

  test('hold nobody back who stops', async () => {
    const bench = start(Array<Fault>(100).fill('lose_request'));
    bench.outbox.add([1, 2, 3, 4].map((offset) => message(offset, 1)));
    const stopping = new AbortController();
    const room = bench.outbox.room(stopping.signal);
    stopping.abort();
    await room;
    await bench.stop();
    expect(bench.outbox.backlog().messages).toBe(4);
  });

  test('that the broker refuses for good stop the partition', async () => {
    const openAppender = (): ReturnType<OutboxOptions['log']['openAppender']> =>
      Promise.resolve({
        append: () => Promise.reject(new LogError('rejected', 'not authorized')),
        close: () => Promise.resolve(),
      });
    const bench = start([], { log: { openAppender } });
    bench.outbox.add([message(1, 1)]);
    const error = await thrownBy(bench.ended.then((end) => Promise.reject(end as Error)));
    expect(error.message).toMatch(/refuses a message: not authorized/);
    expect(bench.outbox.sent(5)).toBe(0);
  });
});
