// Plays many seeds: `node tests/simulation/run.ts [--seeds 2000] [--from 1] [--seed N] [--jobs 2] [--bail]`. Prints the seed of
// every finding; `--seed N` plays that one again, exactly.
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import type { Verdict } from './scenario.ts';
import { play } from './scenario.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    bail: { type: 'boolean', default: false },
  },
});

interface Tally {
  passed: number;
  failed: number;
  steps: number;
  commands: number;
  voids: number;
  crashes: number;
}

async function playAll(from: number, count: number): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, steps: 0, commands: 0, voids: 0, crashes: 0 };
  for (let seed = from; seed < from + count; seed++) {
    if (values.bail && tally.failed > 0) break;
    const verdict = await play(seed);
    if (verdict.findings.length > 0) report(verdict);
    tally[verdict.findings.length > 0 ? 'failed' : 'passed'] += 1;
    for (const figure of ['steps', 'commands', 'voids', 'crashes'] as const) tally[figure] += verdict[figure];
  }
  return tally;
}

function report({ seed, findings }: Verdict): void {
  console.log(`seed ${seed}: ${findings.length} findings; again: node tests/simulation/run.ts --seed ${seed}`);
  for (const finding of findings.slice(0, 5)) console.log(`  ${finding}`);
}

/** Plays a share of the seeds in a process of its own; its findings go to our output. */
function playElsewhere(from: number, count: number): Promise<Tally> {
  const args = [import.meta.filename, '--from', String(from), '--seeds', String(count), '--jobs', '1'];
  if (values.bail) args.push('--bail');
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      const lines = output.trimEnd().split('\n');
      const last = lines.find((line) => line.startsWith('{')) ?? '';
      console.log(lines.filter((line) => !line.startsWith('{') && !/^\d+ passed/.test(line)).join('\n'));
      if (last === '') reject(new Error(`seeds ${from} to ${from + count - 1} ended without a tally`));
      else resolve(JSON.parse(last) as Tally);
    });
  });
}

async function main(): Promise<void> {
  const from = Number(values.seed ?? values.from);
  const count = values.seed === undefined ? Number(values.seeds) : 1;
  const jobs = Math.min(count, values.seed === undefined ? Number(values.jobs) : 1);
  const share = Math.ceil(count / jobs);
  const started = performance.now();
  const shares = Array.from(
    { length: jobs },
    (_, i) => [from + i * share, Math.min(share, count - i * share)] as const,
  );
  const tallies = await Promise.all(
    shares.map(([first, n]) => (jobs === 1 ? playAll(first, n) : playElsewhere(first, n))),
  );
  const sum = tallies.reduce(
    (a, b) => Object.fromEntries(Object.entries(a).map(([k, v]) => [k, v + b[k as keyof Tally]])) as unknown as Tally,
  );
  if (jobs === 1) console.log(JSON.stringify(sum));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `seeds ${from} to ${from + count - 1} in ${seconds} s: ${sum.steps} steps, ${sum.commands} commands, ${sum.voids} void records, ${sum.crashes} crashes`,
  );
  console.log(`${sum.passed} passed, ${sum.failed} failed`);
  process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;
}

await main();
