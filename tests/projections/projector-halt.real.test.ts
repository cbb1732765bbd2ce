// What the projector does with what it may neither apply nor skip: the partition, or the generation, stands still and
// says why; all others go on.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { orderState } from '../../projections/order-state/project.ts';
import { stock } from '../../projections/stock/project.ts';
import type { EventRecord } from '../../schemas/records.ts';
import { eventually } from '../support/servers.ts';
import type { TestDatabase } from './database.ts';
import { openDatabase } from './database.ts';
import { created } from './events.ts';
import type { World } from './projector-world.ts';
import { caughtUp, createWorld, decode, expectRowsOfTheFold, recordOf, statusWhere, trade } from './projector-world.ts';

let database: TestDatabase;
let world: World;
beforeEach(async () => {
  database = await openDatabase();
  world = createWorld(database, true);
}, 60_000);
afterEach(async () => {
  await world.stopAll();
  await database.close();
}, 60_000);

const stockCheckpoints = async () => (await database.sink(stock)).checkpoints();

describe('what can neither be applied nor skipped halts its partition, and no other', () => {
  async function expectHalted(error: RegExp, at: number, over: Parameters<World['start']>[0] = {}): Promise<void> {
    const projector = await world.start(over);
    const halted = ({ partitions }: ReturnType<typeof projector.status>) =>
      partitions.some(({ partition, state }) => partition === 1 && state === 'halted');
    const { partitions } = await statusWhere(projector, halted, 'partition 1 is halted');
    expect(partitions.find(({ partition }) => partition === 1)?.error).toMatch(error);
    trade(
      world.journals.filter(({ partition }) => partition !== 1),
      500,
      5,
    );
    world.publish();
    const ends = await world.ends();
    await eventually(
      async () => {
        const checkpoints = await stockCheckpoints();
        return [0, 2].every((partition) => checkpoints.get(partition) === ends.get(partition));
      },
      { withinMs: 10_000, what: 'the other partitions go on' },
    );
    expect((await stockCheckpoints()).get(1) ?? 0).toBe(at);
    expect(world.said).toContain('the projector halts this partition');
  }

  test('an event that cannot be read', async () => {
    trade(world.journals, 1, 3);
    world.publish();
    const end = (await world.ends()).get(1) ?? 0;
    const event = world.journals[1]?.events.at(-1);
    if (event === undefined) throw new Error('there is an event');
    const record = recordOf(event, end);
    world.inject(1, { ...(typeof record === 'string' ? {} : record), value: Buffer.from('{"half":') });
    world.inject(1, { value: null, headers: {} });
    await expectHalted(/JSON/, end);
  });

  test('a gap in history', async () => {
    trade(world.journals, 1, 3);
    world.publish();
    const end = (await world.ends()).get(1) ?? 0;
    const lost = world.journals[1]?.command(created('lost'));
    const after = world.journals[1]?.command(created('after'))[0];
    if (lost === undefined || after === undefined) throw new Error('there are events');
    world.inject(1, recordOf(after, end));
    await expectHalted(/history is missing/, end);
  });

  test('data that Postgres refuses, found among those of other partitions', async () => {
    world.journals[1]?.command(created('p-bad', { stock: 0.5 }));
    trade(world.journals, 1, 3);
    world.publish();
    await expectHalted(/invalid input syntax/, 0);
  });
});

describe('starting', () => {
  test('a schema that the registry is asked for makes its partition wait, and no other', async () => {
    trade(world.journals, 1, 5);
    world.publish();
    let answer: () => void = () => undefined;
    const registry = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const slow = async (event: EventRecord): Promise<EventRecord> => {
      await registry;
      return event;
    };
    await world.start({ decode: (partition, record) => (partition === 1 ? slow(decode(record)) : decode(record)) });
    const ends = await world.ends();
    const others = async (): Promise<boolean> => {
      const checkpoints = await stockCheckpoints();
      return [0, 2].every((partition) => checkpoints.get(partition) === ends.get(partition));
    };
    await eventually(others, { withinMs: 10_000, what: 'the others are through' });
    expect((await stockCheckpoints()).get(1) ?? 0).toBe(0);
    answer();
    await caughtUp(database, world);
    await expectRowsOfTheFold(database, world);
  });

  test('a generation that another definition built is refused, and the other projection goes on', async () => {
    await database.pool.query("UPDATE ledger.generations SET definition_hash = 'other' WHERE projection = 'stock'");
    trade(world.journals, 1, 5);
    world.publish();
    const projector = await world.start();
    const ends = await world.ends();
    const sink = await database.sink(orderState);
    await eventually(async () => equal(await sink.checkpoints(), ends), {
      withinMs: 10_000,
      what: 'order-state is through',
    });
    expect(projector.status().refused).toEqual([
      `generation 1 of stock (version ${stock.version}) was built by another definition of that version`,
    ]);
    expect(await stockCheckpoints()).toEqual(new Map());
  });

  test('rows that are ahead of the journal: it does not start, and says why', async () => {
    trade(world.journals, 1, 5);
    world.publish();
    await database.pool.query("INSERT INTO ledger.checkpoints VALUES ('stock', 1, 0, 1000000)");
    const projector = await world.start();
    const { trouble } = await statusWhere(projector, (status) => status.trouble !== null, 'trouble is said');
    expect(trouble?.message).toMatch(/partition 0: rows stand at offset 1000000, but the journal reaches from 0 to/);
  });
});

function equal(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
