// Bugs that show when a process dies or falls asleep: each is caught on real servers, by the test of that fault.
import type { Catcher, PlantedBug } from './catchers.ts';
import { jest } from './catchers.ts';

/** A fault of processes, under the load of buyers. */
function fault(file: string, names: string): Catcher {
  return { ...jest('faults', `tests/faults/processes-${file}.real.test.ts`, names), needs: 'servers' };
}

const zombie = fault('zombie', 'a process that wakes up with stale work in hand');

export const processBugs: readonly PlantedBug[] = [
  {
    name: 'what a process wrote that had been given up counts',
    file: 'src/log/journal.ts',
    find: 'return statedOffset(header) === record.offset;',
    replace: 'return statedOffset(header) >= 0;',
    caughtBy: zombie,
  },
  {
    name: 'a take-over goes on at the end of the commands, as a consumer without an offset does',
    file: 'src/log/recovery.ts',
    find: 'if (finding === null) return options.journal.progress() + 1;',
    replace: `if (finding === null)
      return (await options.log.ends(options.commandsTopic)).get(options.journal.partition)?.high ?? 0;`,
    caughtBy: fault('kill', 'kill -9 of a writer'),
  },
  {
    name: 'a projector goes on at the end of the journal, not at its checkpoint',
    file: 'consumers/projector/starts.ts',
    find: 'next: checkpoints.get(partition) ?? 0,',
    replace: 'next: known.ends.get(partition)?.high ?? checkpoints.get(partition) ?? 0,',
    caughtBy: fault('kill', 'kill -9 of the projector'),
  },
  {
    name: 'a process that wakes up takes what it could not place for done',
    file: 'src/log/writer.ts',
    find: 'if (base === end) {',
    replace: 'if (base !== undefined && base >= end) {',
    caughtBy: zombie,
  },
];
