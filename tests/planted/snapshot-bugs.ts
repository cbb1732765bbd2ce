// Bugs of the snapshots: one that is written too late, and those that do not fit and are used all the same.
import type { PlantedBug } from './catchers.ts';
import { simulation, unit } from './catchers.ts';

export const snapshotBugs: readonly PlantedBug[] = [
  {
    name: 'a snapshot is begun while a batch is under way',
    file: 'src/log/writer.ts',
    find: 'isAtRest: () => resting,',
    replace: 'isAtRest: () => true,',
    caughtBy: simulation,
  },
  {
    name: 'a snapshot takes in what is decided while it is written',
    file: 'src/log/snapshots.ts',
    find: '    const started = pace.now();\n',
    replace: '    const started = pace.now();\n    held.release();\n',
    caughtBy: unit('tests/log/snapshots.test.ts', 'of the moment at which it was begun'),
  },
  {
    name: 'a snapshot of another ledger is used',
    file: 'src/log/snapshot-read.ts',
    find: 'ledger_id !== ledgerId || of !== partition',
    replace: 'ledger_id === "" || of !== partition',
    caughtBy: unit('tests/log/snapshot-read.test.ts', 'it is of another ledger'),
  },
  {
    name: 'the end of a snapshot is not compared with the journal',
    file: 'src/log/snapshot-read.ts',
    find: 'return isSame && last.index === last.count - 1 ?',
    replace: 'return isSame || last.index >= 0 ?',
    caughtBy: simulation,
  },
  {
    name: 'the hash of a snapshot is not compared',
    file: 'src/log/snapshot-read.ts',
    find: "hash.digest('hex') !== state_hash",
    replace: "hash.digest('hex') === ''",
    caughtBy: unit('tests/log/snapshot-read.test.ts', 'a byte of it is another one'),
  },
  {
    name: 'a snapshot of another version of evolve is used',
    file: 'src/log/snapshot-read.ts',
    find: 'evolve_version !== states.evolveVersion',
    replace: 'evolve_version < 0',
    caughtBy: unit('tests/log/snapshot-read.test.ts', 'it is of another evolve'),
  },
  {
    name: 'the audit does not compare a snapshot',
    file: 'src/log/snapshot-audit.ts',
    find: 'if (made === state_hash) return;',
    replace: 'if (made.length > 0) return;',
    caughtBy: unit('tests/cli/snapshot-audit.test.ts', 'is found at its last event'),
  },
];
