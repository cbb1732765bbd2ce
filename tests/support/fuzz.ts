// A minute of schemathesis against the test ledger: requests made up from its OpenAPI document, every answer checked
// against it. What schemathesis is told stands in schemathesis.toml and tests/security/schemathesis_hooks.py.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../stack/fetch.ts';
import type { ChildOptions } from './child.ts';
import { runChild } from './child.ts';
import type { Counts } from './counts.ts';
import { byExitCode } from './counts.ts';
import type { Step } from './steps.ts';

const version = '4.32.5';
const minuteMs = 60_000;
const fuzzS = 60;
const installMsMax = 3 * minuteMs;
/** On the slowest machine that was seen a minute makes five times as many. */
const casesMin = 100;
const howToGetIt = `schemathesis ${version} is missing and could not be installed: it needs python3 (3.10 or newer) with venv and pip, and the package index`;

/** Fails on any finding, and where hardly anything was tried. */
export const fuzz: Step = {
  name: 'schemathesis',
  group: 'system',
  run: async (context) => {
    const { LEDGER_URL: url, LEDGER_API_KEY: key } = context.env;
    if (url === undefined || key === undefined) return { passed: 0, failed: 1, note: 'there is no test ledger' };
    const program = await findOrInstall({ ...context, timeoutMs: installMsMax });
    if (program === undefined) {
      console.error(howToGetIt);
      return { passed: 0, failed: 1, note: 'schemathesis is missing' };
    }
    const limits = ['--max-time', String(fuzzS), '--request-timeout', '15', '--generation-database', 'none'];
    const args = ['run', `${url}/openapi.json`, '-H', `Authorization: Bearer ${key}`, '--seed', '1', ...limits];
    const result = await runChild([program, ...args, '--no-color'], {
      ...context,
      timeoutMs: (2 * fuzzS + 60) * 1_000,
      live: true,
    });
    return withCases(byExitCode(result), result.output);
  },
};

/** A run that found nothing because it tried nothing has failed. */
function withCases(counts: Counts, output: string): Counts {
  const cases = Number(/^ *(\d+) generated/m.exec(output)?.[1] ?? 0);
  if (counts.failed > 0) return counts;
  return cases >= casesMin
    ? { ...counts, note: `${cases} requests` }
    : { passed: 0, failed: 1, note: `only ${cases} requests were made` };
}

/** The program in a virtual environment of its own, which is made where it is not there; undefined where it cannot be. */
async function findOrInstall(options: ChildOptions): Promise<string | undefined> {
  const folder = join(cacheFolder(), `schemathesis-${version}`);
  const program = join(folder, 'bin', 'schemathesis');
  // Written last, so that half an installation is not taken for one.
  const done = join(folder, 'installed');
  if (existsSync(done)) return program;
  rmSync(folder, { recursive: true, force: true });
  const install = [
    ['python3', '-m', 'venv', folder],
    [join(folder, 'bin', 'pip'), 'install', '--quiet', '--disable-pip-version-check', `schemathesis==${version}`],
    ['touch', done],
  ];
  for (const command of install) {
    const { code, output } = await runChild(command, options);
    if (code === 0) continue;
    console.error(output);
    return undefined;
  }
  return program;
}
