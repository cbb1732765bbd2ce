// What a planted bug is, and the kinds of tests that catch one.

export interface PlantedBug {
  readonly name: string;
  /** Where it is planted, relative to the repository. */
  readonly file: string;
  /** Text that occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  readonly caughtBy: Catcher;
}

/** A test that passes without the bug and fails with it. */
export interface Catcher {
  /** Which promise it holds, for people. */
  readonly name: string;
  /** What Node runs in the copy. */
  readonly run: readonly string[];
  /** What its output shows when it fails for the promised reason: a finding, not a broken import. */
  readonly shows: RegExp;
  /** Set where it needs the servers that DATABASE_URL and the like name. */
  readonly needs?: 'servers';
}

/** The simulation. Each bug below is found within 8 seeds, and within 40 several times over. */
export const simulation: Catcher = {
  name: 'simulation: every command has one outcome that counts, nothing is oversold, what was acknowledged stands',
  run: ['tests/simulation/run.ts', '--seeds', '40', '--jobs', '1', '--bail'],
  shows: /^seed \d+: \d+ findings/m,
};

/** Tests of one file whose names match. */
export function unit(file: string, names: string): Catcher {
  return jest('unit', file, names);
}

/** A bug may leave work behind that never ends, hence `--forceExit`. */
export function jest(project: 'unit' | 'real' | 'faults', file: string, names: string): Catcher {
  const run = ['node_modules/jest/bin/jest.js', file, '--selectProjects', project, '-t', names, '--ci', '--forceExit'];
  return { name: `${file}: ${names}`, run, shows: /^Tests: +[1-9]\d* failed/m };
}
