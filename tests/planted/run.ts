// Plants bugs one by one in a copy of the sources and demands that the test named for each fails there for its own
// reason, and passes without the bug. `node tests/planted/run.ts [part of a name]`; the last line is `N passed, N failed`.
// With `--no-controls` the runs without a bug are left to the caller, who runs all these tests anyway.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { node, runChild } from '../support/child.ts';
import { root } from '../support/repository.ts';
import { plantedBugs } from './bugs.ts';
import type { Catcher, PlantedBug } from './catchers.ts';

const folders = ['schemas', 'src', 'projections', 'consumers', 'stack', 'tests'];
const files = ['package.json', 'jest.config.js', 'tsconfig.json'];
const catchMsMax = 60_000;
/** On real servers, whose processes take their time to start. */
const catchOnServersMsMax = 180_000;
/** Copies that are worked in beside each other. */
const copies = 2;
/** What a copy that is merely broken shows: nothing was caught there. */
const broken =
  /SyntaxError|ERR_MODULE_NOT_FOUND|Cannot find module|Test suite failed to run|No tests found|ReferenceError|TypeError/;
/** What every catcher prints when it has looked at something and found it right. */
const looked = /^Tests: .*[1-9]\d* passed|^[1-9]\d* passed, 0 failed/m;

interface Result {
  readonly what: string;
  readonly caughtBy: string;
  readonly ok: boolean;
  /** Why not, or nothing. */
  readonly note: string;
  readonly seconds: number;
}

/** Runs a test in a copy; answers whether it passed and what it said. */
async function run(copy: string, { run: args, needs }: Catcher, signal: AbortSignal) {
  const timeoutMs = needs === 'servers' ? catchOnServersMsMax : catchMsMax;
  const env = { NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning' };
  const result = await runChild([node, ...args], { cwd: copy, timeoutMs, signal, env });
  return { ...result, passed: result.code === 0 && result.ended === undefined };
}

/** A test that fails anyway would catch everything. */
async function passes(copy: string, caughtBy: Catcher, signal: AbortSignal): Promise<string> {
  const { passed, output } = await run(copy, caughtBy, signal);
  return passed && looked.test(output) ? '' : `it fails without any bug:\n${output.slice(-2_000)}`;
}

async function catches(copy: string, bug: PlantedBug, signal: AbortSignal): Promise<string> {
  const path = join(copy, bug.file);
  const text = readFileSync(path, 'utf8');
  const places = text.split(bug.find).length - 1;
  if (places !== 1) return `the text to replace occurs ${places} times in ${bug.file}`;
  writeFileSync(
    path,
    text.replace(bug.find, () => bug.replace),
  );
  try {
    const { passed, ended, output } = await run(copy, bug.caughtBy, signal);
    if (passed) return 'the bug got through';
    if (ended !== undefined) return `the test was ended (${ended}) before it said anything`;
    if (broken.test(output) || !bug.caughtBy.shows.test(output)) {
      return `it failed, but not for the reason given:\n${output.slice(-2_000)}`;
    }
    return '';
  } finally {
    writeFileSync(path, text);
  }
}

async function timed(what: string, caughtBy: string, job: () => Promise<string>): Promise<Result> {
  const started = performance.now();
  const note = await job();
  const result = { what, caughtBy, ok: note === '', note, seconds: (performance.now() - started) / 1_000 };
  const { ok, seconds } = result;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${what} (${caughtBy}, ${seconds.toFixed(1)} s)${ok ? '' : `: ${note}`}`);
  return result;
}

function makeCopy(scratch: string): string {
  mkdirSync(scratch, { recursive: true });
  const copy = mkdtempSync(join(scratch, 'copy-'));
  for (const name of [...folders, ...files]) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');
  return copy;
}

async function main(): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(new Error(signal)));
  const { values, positionals } = parseArgs({
    options: { controls: { type: 'boolean', default: true } },
    allowNegative: true,
    allowPositionals: true,
  });
  const wanted = positionals.join(' ');
  const named = plantedBugs.filter(({ name }) => name.includes(wanted));
  const hasServers = (process.env['TEST_STACK_ENV'] ?? '') !== '';
  const bugs = named.filter(({ caughtBy }) => caughtBy.needs === undefined || hasServers);
  const controlled = values.controls ? bugs : [];
  const catchers = new Map(controlled.map(({ caughtBy }) => [caughtBy.run.join(' '), caughtBy]));
  const jobs: ((copy: string) => Promise<Result>)[] = [
    ...[...catchers.values()].map(
      (caughtBy) => (copy: string) =>
        timed('passes without a bug', caughtBy.name, () => passes(copy, caughtBy, stop.signal)),
    ),
    ...bugs.map(
      (bug) => (copy: string) => timed(`caught: ${bug.name}`, bug.caughtBy.name, () => catches(copy, bug, stop.signal)),
    ),
  ];
  const scratch = join(root, '.planted');
  const results: Result[] = [];
  const work = async (): Promise<void> => {
    const copy = makeCopy(scratch);
    try {
      for (let job = jobs.shift(); job !== undefined && !stop.signal.aborted; job = jobs.shift()) {
        results.push(await job(copy));
      }
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: copies }, work));
  for (const { name } of named.filter((bug) => !bugs.includes(bug)))
    console.log(`--   ${name}: NOT RUN, needs servers`);
  const failed = results.filter(({ ok }) => !ok).length + (stop.signal.aborted ? 1 : 0);
  console.log(`${results.length - results.filter(({ ok }) => !ok).length} passed, ${failed} failed`);
  process.exitCode = failed > 0 || results.length === 0 ? 1 : 0;
}

await main();
