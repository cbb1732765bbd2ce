// What the test run itself promises: that waiting ends, that children end, and that figures are never made better.
import { describe, expect, test } from '@jest/globals';
import { node, runChild } from './child.ts';
import type { ChildResult } from './child.ts';
import { byExitCode, byJestReport, byLastLine } from './counts.ts';
import { eventually, uniquePrefix } from './servers.ts';

const never = new AbortController().signal;
const ended = (code: number | null, output = '', why?: ChildResult['ended']): ChildResult => ({
  code,
  output,
  ended: why,
});

describe('eventually', () => {
  test('answers what the condition answers, once it holds', async () => {
    let asked = 0;
    await expect(eventually(() => (asked++ < 3 ? null : 'there'), { withinMs: 5_000 })).resolves.toBe('there');
    expect(asked).toBe(4);
  });

  test('takes a throw for "not yet", and tells the last one when time is over', async () => {
    const refuses = (): never => {
      throw new Error('no such order');
    };
    await expect(eventually(refuses, { withinMs: 30, what: 'the order' })).rejects.toThrow(
      /the order did not hold within 30 ms; last: no such order/,
    );
  });

  test('ends even when the condition never answers', async () => {
    await expect(eventually(() => new Promise<boolean>(() => undefined), { withinMs: 30 })).rejects.toThrow(
      /still waiting/,
    );
  });
});

describe('a unique prefix', () => {
  test('can be part of a topic name, and comes once', () => {
    const prefixes = new Set(Array.from({ length: 100 }, () => uniquePrefix('writer: take over')));
    expect(prefixes.size).toBe(100);
    for (const prefix of prefixes) expect(prefix).toMatch(/^writer--take-over-[0-9a-f]{10}$/);
  });
});

describe('a child', () => {
  test('is heard, and its exit code is known', async () => {
    const result = await runChild([node, '-e', 'console.log("out"); console.error("err"); process.exit(3)'], {
      timeoutMs: 20_000,
      signal: never,
    });
    expect(result).toMatchObject({ code: 3, ended: undefined });
    expect(result.output.split('\n').sort()).toEqual(['', 'err', 'out']);
  });

  test('runs on the pinned Node, and so does what it starts', async () => {
    const script = 'console.log(process.version, require("child_process").execSync("node --version") + "")';
    const { output } = await runChild([node, '-e', script], { timeoutMs: 20_000, signal: never });
    expect(output).toMatch(/^(v24\.\d+\.\d+) \1\s*$/);
  });

  test('is ended when its time is over, with all that it started', async () => {
    const script = `const c = require("child_process").spawn(process.execPath, ["-e", "setInterval(() => 0, 1000)"],
      { stdio: "inherit" }); console.log(c.pid); setInterval(() => 0, 1000)`;
    const result = await runChild([node, '-e', script], { timeoutMs: 1_500, signal: never });
    expect(result.ended).toBe('timeout');
    const grandchild = Number(result.output.trim());
    expect(grandchild).toBeGreaterThan(0);
    await eventually(() => !isAlive(grandchild), { withinMs: 5_000, what: 'the end of the grandchild' });
  });

  test('is ended when the run is interrupted', async () => {
    const stop = new AbortController();
    const running = runChild([node, '-e', 'setInterval(() => 0, 1000)'], { timeoutMs: 60_000, signal: stop.signal });
    stop.abort();
    await expect(running).resolves.toMatchObject({ ended: 'interrupted' });
  });

  test('that cannot be started has failed', async () => {
    const result = await runChild(['/no/such/program'], { timeoutMs: 5_000, signal: never });
    expect(byExitCode(result)).toMatchObject({ passed: 0, failed: 1 });
    expect(result.output).toMatch(/ENOENT/);
  });
});

describe('the count of', () => {
  test.each([
    ['a check that passes', byExitCode(ended(0)), 1, 0],
    ['a check that fails', byExitCode(ended(1)), 0, 1],
    ['a check that a signal ended', byExitCode(ended(null)), 0, 1],
    ['a check that took too long, though it then exits with 0', byExitCode(ended(0, '', 'timeout')), 0, 1],
    ['figures', byLastLine(ended(0, 'seed 1\n12 passed, 0 failed\n')), 12, 0],
    ['figures with failures', byLastLine(ended(1, '12 passed, 3 failed\n')), 12, 3],
    ['figures that hide a failure', byLastLine(ended(1, '12 passed, 0 failed\n')), 12, 1],
    ['figures that are not the last line', byLastLine(ended(0, '12 passed, 0 failed\nError')), 0, 1],
    ['figures of nothing', byLastLine(ended(0, '0 passed, 0 failed')), 0, 1],
    ['no report', byJestReport(null, ended(0)), 0, 1],
    ['a report', byJestReport(report(5, 0, 0), ended(0)), 5, 0],
    ['a report of a file that did not load', byJestReport(report(5, 0, 1), ended(1)), 5, 1],
    ['a report of nothing', byJestReport(report(0, 0, 0), ended(0)), 0, 1],
    ['a report of a run that hung afterwards', byJestReport(report(5, 0, 0), ended(null, '', 'timeout')), 5, 1],
  ])('%s', (_, counts, passed, failed) => {
    expect(counts).toMatchObject({ passed, failed });
  });
});

function report(passed: number, failed: number, broken: number): string {
  return JSON.stringify({
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: 0,
    numRuntimeErrorTestSuites: broken,
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
