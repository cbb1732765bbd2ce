// The steps of the test run: what each one starts, how long it may take, and how its tests are counted.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shellLines } from '../../stack/environment.ts';
import type { ChildOptions, ChildResult } from './child.ts';
import { node, runChild } from './child.ts';
import type { Counts } from './counts.ts';
import { byExitCode, byJestReport, byLastLine } from './counts.ts';
import { prepareLedger } from './ledger.ts';
import { findProgram } from './programs.ts';
import { openTestStack } from './test-stack.ts';

/** What a step may use: the run's end, and the environment that names servers. */
export interface StepContext {
  readonly signal: AbortSignal;
  /** Variables for the steps to come; a step that starts something adds where it is. */
  readonly env: { [name: string]: string };
  /** Called in reverse order when the run is over. */
  readonly atEnd: (() => Promise<void>)[];
}

export interface Step {
  readonly name: string;
  /** Steps can be run by the group as well: `node tests/run.ts lint`. */
  readonly group: 'lint' | 'unit' | 'system' | 'soak';
  run(context: StepContext): Promise<Counts>;
}

const minuteMs = 60_000;
const seeds = 2_000;
const partitions = 8;
const k6Version = 'v1.8.1';

/** A check that passes or fails as a whole. */
export function check(name: string, group: Step['group'], timeoutMs: number, args: readonly string[]): Step {
  const run = async (context: StepContext): Promise<Counts> => {
    const result = await runChild([node, ...args], { ...context, timeoutMs });
    const counts = byExitCode(result);
    if (counts.failed > 0) process.stdout.write(result.output);
    return counts;
  };
  return { name, group, run };
}

/** The tests of one of jest's projects. In a soak they take their long sizes, one file after the other. */
export function jestProject(
  project: 'unit' | 'real' | 'faults' | 'outages' | 'soak',
  group: Step['group'],
  timeoutMs: number,
): Step {
  const run = async (context: StepContext): Promise<Counts> => {
    const folder = mkdtempSync(join(tmpdir(), 'order-ledger-'));
    const report = join(folder, 'report.json');
    const args = ['--selectProjects', project, '--ci', '--json', `--outputFile=${report}`];
    if (group === 'soak') args.push('--runInBand');
    const env = {
      ...context.env,
      NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
      SOAK: group === 'soak' ? 'yes' : '',
    };
    try {
      const result = await jest(args, { ...context, env, timeoutMs });
      return byJestReport(existsSync(report) ? readFileSync(report, 'utf8') : null, result);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  return { name: `${project} tests`, group, run };
}

/** The seeded simulation of writers, outages and take-overs. */
export const simulation: Step = {
  name: 'simulation',
  group: 'unit',
  run: async (context) => {
    const command = [node, 'tests/simulation/run.ts', '--seeds', String(seeds)];
    return byLastLine(await runChild(command, { ...context, timeoutMs: 5 * minuteMs, live: true }));
  },
};

/** Bugs planted one by one into a copy of the sources: the test that each one names has to fail. */
export const plantedBugs: Step = {
  name: 'planted bugs',
  group: 'system',
  run: async (context) => {
    return byLastLine(
      await runChild([node, 'tests/planted/run.ts', '--no-controls'], {
        ...context,
        timeoutMs: 8 * minuteMs,
        live: true,
      }),
    );
  },
};

/** Starts the servers that all the steps after it share. */
export const testStack: Step = {
  name: 'test stack',
  group: 'system',
  run: async (context) => {
    const stack = await openTestStack(context.signal);
    context.atEnd.push(() => stack.close());
    const folder = mkdtempSync(join(tmpdir(), 'order-ledger-'));
    context.atEnd.push(async () => rmSync(folder, { recursive: true, force: true }));
    const envFile = join(folder, 'env');
    writeFileSync(envFile, shellLines(stack.env), { mode: 0o600 });
    Object.assign(context.env, stack.env, { TEST_STACK_ENV: envFile });
    return { passed: 1, failed: 0 };
  },
};

/** Starts the ledger that the load tests are run against. */
export const testLedger: Step = {
  name: 'test ledger',
  group: 'system',
  run: async (context) => {
    if (context.env['DATABASE_URL'] === undefined) return { passed: 0, failed: 1, note: 'there is no test stack' };
    Object.assign(process.env, context.env);
    const ledger = await prepareLedger('load', partitions);
    context.atEnd.push(() => ledger.close());
    const service = await ledger.start();
    context.atEnd.push(async () => {
      const code = await service.end('SIGTERM');
      if (code !== 0) throw new Error(`the ledger did not end in order: exit code ${code ?? 'none'}`);
    });
    Object.assign(context.env, { LEDGER_URL: service.url, LEDGER_API_KEY: ledger.key });
    return { passed: 1, failed: 0 };
  },
};

export interface K6Options {
  /** With settings of its own for the script: `{ SECONDS: 30 }`. */
  readonly settings?: { readonly [name: string]: number };
  readonly group?: Step['group'];
}

/** A load test with k6 against the test ledger. */
export function k6(script: string, timeoutMs: number, { settings = {}, group = 'system' }: K6Options = {}): Step {
  const run: Step['run'] = async (context) => {
    const url = context.env['LEDGER_URL'];
    if (url === undefined) return { passed: 0, failed: 1, note: 'there is no test ledger' };
    const program = findProgram('k6');
    if (program === undefined) {
      console.error(`k6 is missing: install it, or \`go install go.k6.io/k6@${k6Version}\``);
      return { passed: 0, failed: 1, note: 'k6 is missing' };
    }
    // Nobody else uses the test ledger: at the end every command must have its outcome.
    const said = Object.entries({ AT_REST: 1, ...settings }).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    const command = [program, 'run', '--quiet', ...said, `load-tests/${script}.js`];
    // Whatever the caller's environment says, it is this ledger that is tested.
    const env = { ...context.env, BASE_URL: url, API_KEY: context.env['LEDGER_API_KEY'] ?? '' };
    return byExitCode(await runChild(command, { ...context, env, timeoutMs, live: true }));
  };
  return { name: `k6 ${script}`, group, run };
}

async function jest(args: readonly string[], options: ChildOptions): Promise<ChildResult> {
  return runChild([node, 'node_modules/jest/bin/jest.js', ...args], { ...options, live: true });
}
