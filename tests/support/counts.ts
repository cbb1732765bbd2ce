// From what a step left behind to how many of its tests passed and failed. A step that says nothing has failed.
import { z } from 'zod';
import type { ChildResult } from './child.ts';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** What a person should know beside the figures. */
  readonly note?: string;
}

const jestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numRuntimeErrorTestSuites: z.number(),
});

/** A check that is one thing: its exit code. */
export function byExitCode(result: ChildResult): Counts {
  return result.code === 0 && result.ended === undefined ? { passed: 1, failed: 0 } : failedOnce(result);
}

/** A program whose last line is `N passed, N failed`. */
export function byLastLine(result: ChildResult): Counts {
  const line = result.output.trimEnd().split('\n').at(-1) ?? '';
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/.exec(line) ?? [];
  if (passed === undefined || failed === undefined) return failedOnce(result, 'its last line gives no figures');
  return hold({ passed: Number(passed), failed: Number(failed) }, result);
}

/** Jest, by the text of its --json report; null when it wrote none. */
export function byJestReport(report: string | null, result: ChildResult): Counts {
  if (report === null) return failedOnce(result, 'jest wrote no report');
  const { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } = jestReport.parse(
    JSON.parse(report),
  );
  const note = numPendingTests > 0 ? { note: `${numPendingTests} not run` } : {};
  return hold({ passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites, ...note }, result);
}

/** A program that failed, or ran nothing, does not get away with figures that say otherwise. */
function hold(counts: Counts, result: ChildResult): Counts {
  if (counts.failed > 0) return counts;
  if (result.ended !== undefined || result.code !== 0) return { ...failedOnce(result), passed: counts.passed };
  return counts.passed === 0 ? { passed: 0, failed: 1, note: 'no test ran' } : counts;
}

function failedOnce({ code, ended }: ChildResult, why?: string): Counts {
  const end = ended === 'timeout' ? 'took too long and was ended' : (ended ?? `exit code ${code ?? 'none'}`);
  return { passed: 0, failed: 1, note: why === undefined ? end : `${why}; ${end}` };
}
