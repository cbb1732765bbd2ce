// What cannot be decided is kept for people and refused; nothing that a stranger writes stops a partition.
import { describe, expect, test } from '@jest/globals';
import type { CommandRecord } from '../../schemas/records.ts';
import type { Log } from '../../src/log/port.ts';
import { LogError } from '../../src/log/port.ts';
import { command, create, history, noon, place, readAll, theDecider, topics, uuid } from './fixture.ts';
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

describe('a message of another partition', () => {
  const order_id = uuid(7);
  const source = { partition: 3, command_offset: 5 };
  const hold = command(4, {
    type: 'HoldStock',
    data: { order_id, currency: 'USD', lines: [{ product_id: 'apple', quantity: 1 }], source },
  });
  const settle = (command_offset: number): CommandRecord =>
    command(5, {
      type: 'SettleHold',
      data: { order_id, settlement: 'released', source: { ...source, command_offset } },
    });

  test('is taken once, and what it says is done', async () => {
    const bench = await startBench();
    bench.give([apples, hold, hold, settle(6), settle(6)]);
    expect(await bench.decided(5)).toEqual([
      '0 ProductCreated',
      '1 StockHeld',
      '1 StockHoldGranted',
      '2 CommandRepeated',
      '3 StockReleased',
      '4 CommandRepeated',
    ]);
    const metas = (await history(bench.log)).slice(1).map(({ meta }) => [meta.source?.command_offset, meta.answers]);
    expect(metas.slice(1)).toEqual([5, 5, 5, 6, 6].map((offset) => [offset, null]));
    await bench.stop();
  });

  test('that cannot be decided is not refused: the partition stops', async () => {
    const bench = await startBench();
    bench.give([settle(6)]);
    expect(await bench.ended).toMatchObject({ code: 'message_undecidable', partition: 0 });
    expect(await history(bench.log)).toHaveLength(1);
  });

  test('is not refused for its size: what does not fit with others goes alone, what never fits stops the partition', async () => {
    const limits = { recordsMax: 1, bytesMax: 900_000, msMax: 200, commandsMax: 500 };
    const bench = await startBench({ writer: { limits } });
    bench.give([apples, hold]);
    expect((await bench.decided(2)).slice(1)).toEqual(['1 StockHeld', '1 StockHoldGranted']);
    await bench.stop();
    const small = await startBench({ batchBytesMax: 300 });
    small.give([apples, hold]);
    expect(await small.ended).toMatchObject({ code: 'append_rejected' });
  });
});

async function deadLetters(log: Log) {
  return (await readAll(log, topics.deadLetters)).map(({ key, value, headers, at }) => {
    expect(at).toBe(noon);
    const text = (bytes: unknown): string => (bytes instanceof Uint8Array ? Buffer.from(bytes).toString() : '');
    return { key: text(key), value: text(value), position: text(headers['position']), reason: text(headers['reason']) };
  });
}
