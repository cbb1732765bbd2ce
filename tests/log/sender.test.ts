// Commands reach the log in the order in which they were sent, and each caller hears what became of its own.
import { describe, expect, test } from '@jest/globals';
import type { Appended, Log, LogRecord, OutgoingRecord } from '../../src/log/port.ts';
import { LogError } from '../../src/log/port.ts';
import type { Sender, SenderOptions } from '../../src/log/sender.ts';
import { createSender } from '../../src/log/sender.ts';
import { memoryLog, noon, readAll, topics, turn } from './fixture.ts';

type Request = ReadonlyMap<number, readonly OutgoingRecord[]>;

interface Bench {
  readonly sender: Sender;
  /** The requests that were sent, as texts by partition. */
  readonly requests: (readonly (readonly [number, readonly string[]])[])[];
  readonly opened: () => number;
  readonly clock: number[];
  readonly troubles: LogError[];
  readonly log: Log;
}

/** `answer` may hold a request back, fail it, or change its answer. */
function startSender(
  answer: (
    send: () => Promise<ReadonlyMap<number, Appended>>,
    nth: number,
  ) => Promise<ReadonlyMap<number, Appended>> = (send) => send(),
  limits: Partial<SenderOptions> = {},
): Bench {
  const log = memoryLog({}, 2);
  const requests: Bench['requests'] = [];
  const clock: number[] = [];
  const troubles: LogError[] = [];
  let opened = 0;
  const openAppender: Log['openAppender'] = async () => {
    opened += 1;
    const appender = await log.openAppender();
    return {
      ...appender,
      append: (topic, batches: Request) => {
        requests.push(
          [...batches].map(([p, records]) => [p, records.map(({ value }) => Buffer.from(value ?? []).toString())]),
        );
        return answer(() => appender.append(topic, batches), requests.length);
      },
    };
  };
  const sender = createSender({
    log: { ...log, openAppender },
    topic: topics.commands,
    recordsMax: 100,
    bytesMax: 100_000,
    clock: (at) => clock.push(at),
    trouble: (error) => troubles.push(error),
    ...limits,
  });
  return { sender, requests, opened: () => opened, clock, troubles, log };
}

function text(value: string): OutgoingRecord {
  return { key: null, value: Buffer.from(value) };
}

function sendAll(sender: Sender, values: readonly string[], partition = 0): Promise<PromiseSettledResult<number>[]> {
  return Promise.allSettled(values.map((value) => sender.send(partition, text(value))));
}

function offsets(results: readonly PromiseSettledResult<number>[]): (number | string)[] {
  return results.map((result) => (result.status === 'fulfilled' ? result.value : (result.reason as LogError).code));
}

describe('what is sent', () => {
  test('lies on the log in that order, and each caller hears its offset', async () => {
    const { sender, log } = startSender();
    const values = Array.from({ length: 50 }, (_, i) => `c${i}`);
    expect(offsets(await sendAll(sender, values))).toEqual(values.map((_, i) => i));
    expect((await readAll(log, topics.commands)).map(({ value }) => Buffer.from(value ?? []).toString())).toEqual(
      values,
    );
    await sender.stop();
  });

  test('while a request is under way waits for its answer, then travels together', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { sender, requests } = startSender(async (send, nth) => {
      const landed = await send();
      if (nth === 1) await held;
      return landed;
    });
    const first = sendAll(sender, ['a']);
    for (let i = 0; i < 20; i += 1) await turn();
    const rest = Promise.all([sendAll(sender, ['b', 'c']), sendAll(sender, ['d'], 1)]);
    for (let i = 0; i < 20; i += 1) await turn();
    expect({ requests: requests.length, queued: sender.queued() }).toEqual({ requests: 1, queued: 3 });
    release();
    expect(offsets([...(await first), ...(await rest).flat()])).toEqual([0, 1, 2, 0]);
    expect(requests).toEqual([
      [[0, ['a']]],
      [
        [0, ['b', 'c']],
        [1, ['d']],
      ],
    ]);
    await sender.stop();
  });

  test('waits for those who are about to send while commands come in company, and alone for nobody', async () => {
    let gathered = (): void => undefined;
    const gather = (): Promise<void> => new Promise((resolve) => (gathered = resolve));
    const { sender, requests } = startSender(undefined, { gather });
    const alone = await sendAll(sender, ['a']);
    const company = await sendAll(sender, ['b', 'c', 'd']);
    const [first, second] = [sendAll(sender, ['e']), turn().then(() => sendAll(sender, ['f']))];
    for (let i = 0; i < 20; i += 1) await turn();
    expect({ requests: requests.length, queued: sender.queued() }).toEqual({ requests: 3, queued: 2 });
    gathered();
    expect(offsets([...alone, ...company, ...(await first), ...(await second)])).toEqual([0, 1, 2, 3, 4, 5]);
    expect(requests.at(-1)).toEqual([[0, ['e', 'f']]]);
    await sender.stop();
  });

  test('is told as the log has it', async () => {
    const told: LogRecord[] = [];
    const { sender, log } = startSender(undefined, { landed: (_, records) => told.push(...records) });
    const headers = { traceparent: Buffer.from('00-1-2-01') };
    await Promise.all([
      sender.send(0, { key: 'é', value: Buffer.from('a'), headers }),
      sender.send(0, { key: null, value: Buffer.from('b') }),
    ]);
    expect(told).toEqual(await readAll(log, topics.commands));
    await sender.stop();
  });

  test('is not told where the broker did not say when it landed', async () => {
    const told: LogRecord[] = [];
    const timeless: Parameters<typeof startSender>[0] = async (send) =>
      new Map([...(await send())].map(([partition, place]) => [partition, { ...place, at: -1 }]));
    const { sender } = startSender(timeless, { landed: (_, records) => told.push(...records) });
    expect([offsets(await sendAll(sender, ['a'])), told]).toEqual([[0], []]);
    await sender.stop();
  });

  test("tells the broker's clock", async () => {
    const { sender, clock } = startSender();
    await sendAll(sender, ['a']);
    expect(clock).toEqual([noon]);
    await sender.stop();
  });
});

describe('a request', () => {
  test('carries at most so many records of a partition', async () => {
    const { sender, requests } = startSender(undefined, { recordsMax: 2 });
    const [zero, one] = await Promise.all([sendAll(sender, ['a', 'b', 'c']), sendAll(sender, ['x', 'y', 'z'], 1)]);
    expect([offsets(zero), offsets(one)]).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
    expect(requests).toEqual([
      [[0, ['a']]],
      [
        [0, ['b', 'c']],
        [1, ['x', 'y']],
      ],
      [[1, ['z']]],
    ]);
    await sender.stop();
  });

  test('carries at most so many bytes of a partition, and what is larger alone', async () => {
    const { sender, requests } = startSender(undefined, { bytesMax: 2 * 256 + 20 });
    const values = ['first', '1234567890', '1234567890', '3', 'L'.repeat(5_000), '4'];
    expect(offsets(await sendAll(sender, values))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(requests.map((request) => request.flatMap(([, sent]) => sent.map((value) => value.slice(0, 1))))).toEqual([
      ['f'],
      ['1', '1'],
      ['3'],
      ['L'],
      ['4'],
    ]);
    await sender.stop();
  });

  test.each(['unknown', 'unavailable', 'rejected', 'too_large'] as const)(
    'that fails as %s fails for those it carried, nobody else, on a connection of its own',
    async (code) => {
      const { sender, opened, troubles } = startSender(
        (send, nth) => (nth === 2 ? Promise.reject(new LogError(code, 'it failed')) : send()),
        { recordsMax: 2 },
      );
      const results = await sendAll(sender, ['a', 'b', 'c', 'd', 'e']);
      expect(offsets(results)).toEqual([0, code, code, 1, 2]);
      expect({ opened: opened(), troubles: troubles.map((trouble) => trouble.code) }).toEqual({
        opened: 2,
        troubles: [code],
      });
      await sender.stop();
    },
  );

  test('whose answer leaves a partition out leaves its callers in doubt', async () => {
    const { sender } = startSender(
      async (send) => new Map([...(await send())].filter(([partition]) => partition === 0)),
      {},
    );
    await sendAll(sender, ['first']);
    const [zero, one] = await Promise.all([sendAll(sender, ['a']), sendAll(sender, ['x'], 1)]);
    expect([offsets(zero), offsets(one)]).toEqual([[1], ['unknown']]);
    await sender.stop();
  });
});

test('a sender that stops sends what waits, and takes nothing more', async () => {
  const { sender } = startSender(undefined, { recordsMax: 1 });
  const waiting = sendAll(sender, ['a', 'b', 'c']);
  await sender.stop();
  expect(offsets(await waiting)).toEqual([0, 1, 2]);
  expect(offsets(await sendAll(sender, ['d']))).toEqual(['unavailable']);
});
