// Bugs of what is shown: a projection, a sink or a mirror that does not keep its promise.
import type { Catcher, PlantedBug } from './catchers.ts';
import { jest, unit } from './catchers.ts';

function real(file: string, names: string): Catcher {
  return { ...jest('real', `tests/projections/${file}.real.test.ts`, names), needs: 'servers' };
}

const specs = (names: string): Catcher => unit('tests/projections/memory-sink.test.ts', names);

export const viewBugs: readonly PlantedBug[] = [
  {
    name: 'a refused order is no order of its day',
    file: 'projections/kpi/project.ts',
    find: '{ ...noCounts, orders: 1, refused: 1 }',
    replace: '{ ...noCounts, refused: 1 }',
    caughtBy: specs('given orders of all ends'),
  },
  {
    name: 'an order that asked other partitions stays reserving',
    file: 'projections/kpi/project.ts',
    find: 'version > 1 ? [less.RESERVING, more[status]]',
    replace: 'version > 1 ? [more[status]]',
    caughtBy: specs('given orders that ask other partitions'),
  },
  {
    name: 'a history tells who remembers what of a request',
    file: 'projections/order-history/project.ts',
    find: "if (name !== 'meta') content",
    replace: 'content',
    caughtBy: specs('given an event as the decoder gives it'),
  },
  {
    name: 'a value that is set does not end what was to be added to it',
    file: 'projections/sinks/merge.ts',
    find: 'for (const column of Object.keys(add)) if (column in change.set) Reflect.deleteProperty(add, column);',
    replace: '',
    caughtBy: unit('tests/projections/merge.test.ts', ''),
  },
  {
    name: 'a day is closed as soon as it is over',
    file: 'projections/kpi/queries.ts',
    find: 'own !== undefined && (own.at >= moment || own.command_offset + 1 >= high)',
    replace: 'own !== undefined',
    caughtBy: unit('tests/projections/kpi.test.ts', 'a day is closed'),
  },
  {
    name: 'Redis counts without the guard of its checkpoints',
    file: 'projections/sinks/redis-scripts.ts',
    find: "if (redis.call('HGET', KEYS[1], move[1]) or '0') ~= move[2] then return 'stale' end",
    replace: '',
    caughtBy: real('redis-sink', 'a checkpoint that is not the one expected'),
  },
  {
    name: 'nobody looks whether Redis has lost everything',
    file: 'projections/sinks/mirror.ts',
    find: 'if (await look(offers)) await rebuild();',
    replace: 'await look(offers);',
    caughtBy: real('mirror', 'everything in Redis is lost at rest'),
  },
  {
    name: 'names of customers are remembered with the ranks',
    file: 'projections/boards.ts',
    find: 'return { value: stretch, keepMs: age > 0 ? keptMs : 0 };',
    replace: 'return { value: { ...stretch, named: await named(stretch.rows) }, keepMs: age > 0 ? keptMs : 0 };',
    caughtBy: real('figures', 'from memory for those who allow age, but never a name'),
  },
];
