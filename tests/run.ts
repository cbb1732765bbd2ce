// `make test`: every check of the project, one after the other, none left out because an earlier one failed. The last
// line is `N passed, N failed`. Names of steps or of groups (lint, unit, system) as arguments run only those; the group
// soak runs only when it is named.
import type { Counts } from './support/counts.ts';
import { fuzz } from './support/fuzz.ts';
import type { Step, StepContext } from './support/steps.ts';
import { check, jestProject, k6, plantedBugs, simulation, testLedger, testStack } from './support/steps.ts';

const minuteMs = 60_000;

const steps: readonly Step[] = [
  check('prettier', 'lint', 2 * minuteMs, ['node_modules/.bin/prettier', '--check', '--log-level', 'warn', '.']),
  check('eslint', 'lint', 4 * minuteMs, ['node_modules/.bin/eslint', '--max-warnings', '0', '.']),
  check('tsc', 'lint', 3 * minuteMs, ['node_modules/.bin/tsc', '--noEmit', '-p', '.']),
  check('generated: schemas', 'lint', minuteMs, ['schemas/generate.ts', '--check']),
  check('generated: events', 'lint', minuteMs, ['schemas/events-doc.ts', '--check']),
  check('generated: errors', 'lint', minuteMs, ['src/http/errors-doc.ts', '--check']),
  check('generated: metrics', 'lint', minuteMs, ['src/platform/metrics-doc.ts', '--check']),
  check('generated: data', 'lint', minuteMs, ['src/cli/data-docs.ts', '--check']),
  check('generated: environment', 'lint', minuteMs, ['tests/support/environment-table.ts', '--check']),
  check('knip', 'lint', 3 * minuteMs, ['node_modules/.bin/knip', '--no-progress']),
  jestProject('unit', 'unit', 6 * minuteMs),
  simulation,
  testStack,
  plantedBugs,
  jestProject('real', 'system', 14 * minuteMs),
  jestProject('faults', 'system', 12 * minuteMs),
  jestProject('outages', 'system', 8 * minuteMs),
  testLedger,
  // Four minutes for all of k6 together.
  k6('oversell', 20_000),
  k6('idempotency', 20_000),
  k6('flash-sale', minuteMs),
  k6('ramp', 75_000, { settings: { SECONDS: 30 } }),
  k6('mixed', 65_000, { settings: { SECONDS: 20 } }),
  fuzz,
];

/** What takes too long for every run: `make soak`. */
const soakSteps: readonly Step[] = [
  jestProject('outages', 'soak', 60 * minuteMs),
  jestProject('soak', 'soak', 30 * minuteMs),
  k6('flash-sale', 10 * minuteMs, { group: 'soak', settings: { BUYERS: 50_000, UNITS: 5_000 } }),
  k6('ramp', 10 * minuteMs, { group: 'soak' }),
  k6('mixed', 10 * minuteMs, { group: 'soak', settings: { SECONDS: 120, USERS: 50 } }),
];

interface Line extends Counts {
  readonly name: string;
  readonly seconds: string;
}

/** Runs the steps in order and prints each result as it comes. */
async function runAll(chosen: readonly Step[], context: StepContext): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const step of chosen) {
    if (context.signal.aborted) break;
    console.log(`\n== ${step.name}`);
    const line = await runOne(step, context);
    lines.push(line);
    console.log(render(line));
  }
  return lines;
}

async function runOne(step: Step, context: StepContext): Promise<Line> {
  const startedAt = performance.now();
  const counts = await step.run(context).catch((error: unknown) => {
    console.error(error);
    return { passed: 0, failed: 1, note: 'the step itself broke' };
  });
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  return { ...counts, name: step.name, seconds };
}

function render({ name, seconds, passed, failed, note }: Line): string {
  const result = `${passed} passed, ${failed} failed`;
  const word = failed > 0 ? 'FAIL' : 'ok  ';
  return `${word} ${name.padEnd(24)} ${`${seconds} s`.padStart(9)}  ${result}${note === undefined ? '' : `  (${note})`}`;
}

function choose(names: readonly string[]): readonly Step[] {
  if (names.length === 0) return steps;
  const named = steps.filter(({ name, group }) => names.includes(name) || names.includes(group));
  return names.includes('soak') ? [...named, ...soakSteps] : named;
}

/** Closes what the steps started; answers how many did not end in order. */
async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<number> {
  let troubles = 0;
  for (const close of closers) {
    await close().catch((error: unknown) => {
      console.error(error);
      troubles += 1;
    });
  }
  return troubles;
}

async function main(): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(new Error(signal)));
  const atEnd: (() => Promise<void>)[] = [];
  const lines = await runAll(choose(process.argv.slice(2)), { signal: stop.signal, env: {}, atEnd });
  const troubles = await closeAll(atEnd.reverse());
  const sum = (of: (line: Line) => number): number => lines.reduce((total, line) => total + of(line), 0);
  const passed = sum((line) => line.passed);
  const failed = sum((line) => line.failed) + (stop.signal.aborted ? 1 : 0) + troubles;
  console.log(`\n== summary\n${lines.map(render).join('\n')}`);
  if (stop.signal.aborted) console.log('FAIL the run was interrupted');
  if (lines.length === 0) console.log('FAIL no step ran');
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

await main();
