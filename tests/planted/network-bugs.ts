// Bugs that show when the network fails: each is caught on real servers, by a test in which it strikes one frame.
import type { Catcher, PlantedBug } from './catchers.ts';
import { jest } from './catchers.ts';

const append =
  'const landed = await work.connection.append(eventsTopic, new Map([[journal.partition, batch.records]]));';

/** On real servers, with a network that strikes one frame. */
function frames(names: string): Catcher {
  return { ...jest('faults', 'tests/faults/network-frames.real.test.ts', names), needs: 'servers' };
}

const lostAppend = frames('an append to the journal that suffers lose_answer');
const lostCommand = frames('a command on its way into the log that suffers (lose_answer|cut_request)');

export const networkBugs: readonly PlantedBug[] = [
  {
    name: 'an append without an answer is taken for one that did not land, and sent again without reading',
    file: 'src/log/writer.ts',
    find: '      await options.journal.catchUp(signal);\n',
    replace: '',
    caughtBy: lostAppend,
  },
  {
    name: 'the connection that appends sends again by itself',
    file: 'src/log/kafka/appender.ts',
    find: 'retry: retryOptions(0),',
    replace: 'retry: retryOptions(3),',
    caughtBy: lostAppend,
  },
  {
    name: 'state is accepted before the append was acknowledged',
    file: 'src/log/writer.ts',
    find: append,
    replace: `journal.accept(batch.overlay, batch.events);
    ${append}`,
    caughtBy: lostAppend,
  },
  {
    name: 'the API sends a command of unknown fate again under new ids',
    file: 'src/http/submit.ts',
    find: '    waiter.sending();',
    replace: `    waiter.sending();
    if (sends > 1) {
      record.data = { ...record.data, order_id: crypto.randomUUID() };
      record.meta = { ...record.meta, command_id: crypto.randomUUID() };
    }`,
    caughtBy: lostCommand,
  },
  {
    name: 'a command of unknown fate is taken for one that was not sent',
    file: 'src/http/submit.ts',
    find: "if (error instanceof LogError && error.code === 'unknown') {",
    replace: 'if (false) {',
    caughtBy: lostCommand,
  },
];
