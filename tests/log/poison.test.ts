// What cannot be decided is kept for people and refused; nothing that a stranger writes stops a partition.
import { describe, expect, test } from '@jest/globals';
import type { Log } from '../../src/log/port.ts';
import { LogError } from '../../src/log/port.ts';
import { create, history, noon, place, readAll, theDecider, topics } from './fixture.ts';
import { startBench, withAppends } from './writer-bench.ts';

const apples = create(1, 'apple', 1);
const order = place(2, ['apple']);
const rival = place(3, ['apple']);

describe('poison', () => {
  test('is refused and copied to the dead letters, bytes equal, under its place', async () => {
    const bench = await startBench();
    bench.give([apples, 'no command', null, order]);
    expect(await bench.decided(4)).toEqual([
      '0 ProductCreated',
      '1 CommandRefused poison',
      '2 CommandRefused no_record',
      '3 StockHeld',
      '3 OrderAccepted',
    ]);
    expect(await deadLetters(bench.log)).toEqual([
      { key: '0:1', value: 'no command', position: '0:1', reason: 'not in the Confluent wire format' },
    ]);
    await bench.stop();
  });

  test('includes a command on which the decider throws', async () => {
    const decider = {
      ...theDecider,
      decide: (...[state, command]: Parameters<typeof theDecider.decide>) => {
        if (command.offset === 1) throw new Error('a bug');
        return theDecider.decide(state, command);
      },
    };
    const bench = await startBench({ writer: { decider } });
    bench.give([apples, order, rival]);
    expect((await bench.decided(3))[1]).toBe('1 CommandRefused internal_error');
    expect(bench.failed).toEqual([1]);
    expect((await deadLetters(bench.log)).map(({ key, reason }) => [key, reason])).toEqual([
      ['0:1', 'the decider failed'],
    ]);
    const [copy] = await readAll(bench.log, topics.deadLetters);
    expect(copy?.value).toEqual((await readAll(bench.log, topics.commands))[1]?.value);
    await bench.stop();
  });

  test('that does not fit into one request with the rest is copied in several; too large alone, without its bytes', async () => {
    const bench = await startBench({ batchBytesMax: 3_000 });
    bench.give(['a'.repeat(1_000), 'b'.repeat(1_000), 'c'.repeat(4_000), 'd'.repeat(1_000)]);
    await bench.decided(4);
    expect((await deadLetters(bench.log)).map(({ key, value }) => `${key} ${value[0]} ${value.length}`)).toEqual([
      '0:0 a 1000',
      '0:1 b 1000',
      '0:2 undefined 0',
      '0:3 d 1000',
    ]);
    await bench.stop();
  });

  test('that cannot be copied is not refused before it can', async () => {
    let outages = 3;
    const away = new LogError('unavailable', 'away');
    const bench = await startBench({
      wrap: (log) =>
        withAppends(log, (send, topic) =>
          topic === topics.deadLetters && outages-- > 0 ? Promise.reject(away) : send(),
        ),
    });
    bench.give(['no command']);
    expect(await bench.decided(1)).toEqual(['0 CommandRefused poison']);
    expect(bench.doubts).toEqual(['away', 'away', 'away']);
    expect(await deadLetters(bench.log)).toHaveLength(1);
    await bench.stop();
  });

  test('whose copy the broker refuses is an alarm', async () => {
    const denied = new LogError('rejected', 'no such topic');
    const bench = await startBench({
      wrap: (log) =>
        withAppends(log, (send, topic) => (topic === topics.deadLetters ? Promise.reject(denied) : send())),
    });
    bench.give(['no command']);
    expect(await bench.ended).toMatchObject({ code: 'append_rejected' });
    expect(await history(bench.log)).toHaveLength(1);
  });
});

async function deadLetters(log: Log) {
  return (await readAll(log, topics.deadLetters)).map(({ key, value, headers, at }) => {
    expect(at).toBe(noon);
    const text = (bytes: unknown): string => (bytes instanceof Uint8Array ? Buffer.from(bytes).toString() : '');
    return { key: text(key), value: text(value), position: text(headers['position']), reason: text(headers['reason']) };
  });
}
