// The in-memory log passes the suite that Kafka passes; and it does to appends what a simulator asks of it.
import { describe, expect, test } from '@jest/globals';
import type { Fault, MemoryLog } from '../../src/log/memory/memory-log.ts';
import { createMemoryLog } from '../../src/log/memory/memory-log.ts';
import type { Log } from '../../src/log/port.ts';
import type { LogFixture } from './contract.ts';
import { logContract } from './contract.ts';

const topics = Object.fromEntries(
  [1, 2, 3, 4].flatMap((partitions) => Array.from({ length: 40 }, (_, i) => [`t${partitions}-${i}`, partitions])),
);

logContract('memory', () => Promise.resolve(memoryFixture(createMemoryLog({ topics }))));

describe('faults of the in-memory log', () => {
  test.each<[Fault, string, number]>([
    ['none', 'landed at 0', 1],
    ['lose_answer', 'unknown', 1],
    ['lose_request', 'unknown', 0],
    [{ landAfter: 5 }, 'unknown', 0],
  ])('an append with fault %j is %s, with %i record on the log by then', async (fault, said, high) => {
    const log = createMemoryLog({ topics: { t: 1 }, faults: () => fault });
    expect(await tryAppend(log)).toBe(said);
    expect((await log.ends('t')).get(0)?.high).toBe(high);
  });

  test('an append that was delayed lands in the end, once', async () => {
    const steps: (() => void)[] = [];
    const log = createMemoryLog({
      topics: { t: 1 },
      schedule: (step) => steps.push(step),
      faults: () => ({ landAfter: 3 }),
    });
    const said = Promise.all([tryAppend(log), Promise.resolve()]);
    const highs: (number | undefined)[] = [];
    const run = async (): Promise<void> => {
      steps.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    };
    for (let i = 0; i < 4; i += 1) await run();
    const ask = async (): Promise<void> => {
      const ends = log.ends('t');
      while (steps.length > 0) await run();
      highs.push((await ends).get(0)?.high);
    };
    await ask();
    await ask();
    expect((await said)[0]).toBe('unknown');
    expect(highs).toEqual([1, 1]);
  });
});

describe('the schedule of the in-memory log', () => {
  test('nothing happens without a step, and its owner decides in which order answers come', async () => {
    const steps: (() => void)[] = [];
    const log = createMemoryLog({ topics: { t: 1 }, schedule: (step) => steps.push(step), now: () => 42 });
    const heard: string[] = [];
    void log.ends('t').then(() => heard.push('first'));
    void log.ends('t').then(() => heard.push('second'));
    await turn();
    expect({ heard, steps: steps.length }).toEqual({ heard: [], steps: 2 });
    for (const step of steps.reverse()) {
      step();
      await turn();
    }
    expect(heard).toEqual(['second', 'first']);
  });

  test('a member that was thrown out goes on until it hears of it, and cannot commit', async () => {
    const log = createMemoryLog({ topics: { t: 1 } });
    const late: (() => void)[] = [];
    let held = false;
    const zombie = log.client({ schedule: (step) => (held ? late.push(step) : setImmediate(step)) });
    const troubles: string[] = [];
    const seen = { zombie: 0, successor: 0 };
    const follow = (who: 'zombie' | 'successor', of: Log): ReturnType<Log['follow']> =>
      of.follow({
        topic: 't',
        group: 'g',
        assignment: 'shared',
        start: () => Promise.resolve(0),
        deliver: (_partition, records) => void (seen[who] += records.length),
        lost: () => troubles.push(`${who} lost it`),
        trouble: ({ message }) => troubles.push(`${who}: ${message}`),
      });
    const old = await follow('zombie', zombie);
    const successor = await follow('successor', log);
    held = true;
    zombie.expel();
    await turn();
    await turn();
    expect({ old: old.owned(), successor: successor.owned() }).toEqual({ old: [0], successor: [0] });
    log.inject('t', 0, [{}, 'hole']);
    void old.commit(0, 1);
    while (late.length > 0 && !troubles.includes('zombie lost it')) {
      late.shift()?.();
      await turn();
    }
    expect(troubles).toContain('zombie lost it');
    expect(await log.committed('g', 't')).toEqual(new Map());
    expect(seen.successor).toBe(2);
  });

  test('a log that was cut starts where it still is, and says that offsets are gone', async () => {
    const log = createMemoryLog({ topics: { t: 1 } });
    log.inject('t', 0, [{}, {}, {}, {}]);
    log.cut('t', 0, { low: 1, high: 3 });
    expect((await log.ends('t')).get(0)).toEqual({ low: 1, high: 3 });
    const offsets: number[] = [];
    await log.read({ topic: 't', partition: 0, from: 0, to: 3 }, (records) => {
      offsets.push(...records.map(({ offset }) => offset));
    });
    expect(offsets).toEqual([1, 2]);

    const said = Promise.withResolvers<string>();
    const starts = [0, 1];
    const follower = await log.follow({
      topic: 't',
      group: 'g',
      assignment: 'all',
      start: () => Promise.resolve(starts.shift() ?? 1),
      deliver: () => undefined,
      lost: () => undefined,
      trouble: ({ message }) => said.resolve(message),
    });
    expect(await said.promise).toBe('offset 0 is gone, the log starts at 1');
    await follower.stop();
  });
});

function memoryFixture(broker: MemoryLog): LogFixture {
  const logs: Log[] = [];
  const used = new Map<number, number>();
  return {
    open() {
      const log = broker.client();
      logs.push(log);
      return log;
    },
    topic(partitions) {
      const index = used.get(partitions) ?? 0;
      used.set(partitions, index + 1);
      return Promise.resolve(`t${partitions}-${index}`);
    },
    append: (topic, partition, records) => Promise.resolve(void broker.inject(topic, partition, records)),
    hole: (topic, partition) => Promise.resolve(void broker.inject(topic, partition, ['hole'])),
    close: async () => void (await Promise.all(logs.map((log) => log.close()))),
  };
}

async function tryAppend(log: Log): Promise<string> {
  const appender = await log.openAppender();
  try {
    const landed = await appender.append('t', new Map([[0, [{ key: 'k', value: null }]]]));
    return `landed at ${landed.get(0)?.baseOffset}`;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
