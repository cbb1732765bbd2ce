// `make bench`: orders a second and their times, this ledger against a good Postgres baseline, on one machine in one
// run. Prints the table and every target as passed or missed, writes bench-results/<time>.json; exits with 1 on a miss.
import { mkdirSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from '../../stack/up/settings.ts';
import { messageOf } from '../../stack/wait.ts';
import { median } from './figures.ts';
import { openFloor } from './floor.ts';
import type { LedgerSide } from './ledger-side.ts';
import { runningLedger, startLedger } from './ledger-side.ts';
import { chooseBaselines, measureAll } from './measure.ts';
import type { Watched } from './memory.ts';
import { memoryOf } from './memory.ts';
import type { BenchOptions } from './options.ts';
import { readOptions, usage } from './options.ts';
import { openPostgres } from './postgres-side.ts';
import type { Check } from './report.ts';
import { checkLines, checksOf, columns, reportRows, table } from './report.ts';
import { requireWrk } from './wrk.ts';

const memoryEveryMs = 1_000;
const lookMs = 2_000;
const resultsDir = join(root, 'bench-results');

function note(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function bench(options: BenchOptions, signal: AbortSignal): Promise<boolean> {
  await requireWrk();
  const startedAt = new Date();
  const machine = await machineOf();
  note(
    `machine: ${machine.cpus} x ${machine.model}, ${gigabytes(machine.memory)} GB, ${machine.system}, Node ${machine.node}, ${machine.busyBefore} busy before`,
  );
  await using ending = new AsyncDisposableStack();
  const prefix = `b${startedAt.getTime().toString(36)}`;
  const against = options.against;
  const ledger = await (against === undefined ? startLedger(prefix, signal) : runningLedger(against, prefix));
  ending.defer(() => ledger.close());
  const postgres = options.sides.includes('postgres')
    ? await openPostgres(needed(ledger, 'DATABASE_URL'), prefix)
    : undefined;
  ending.defer(async () => postgres?.close());
  const brokers = ledger.env['KAFKA_BROKERS'] ?? '';
  const floor = brokers === '' ? undefined : await openFloor(brokers.split(','));
  ending.defer(async () => floor?.close());
  if (options.sides.includes('ledger')) await ledger.createProducts();
  const { baselines, chosen } = await chooseBaselines(postgres, options, note);
  const services = [...baselines].map(([kind, { pid }]): Watched => ({ name: `baseline (${kind})`, pid: () => pid }));
  const memory = watchMemory([...ledger.watched, ...services]);
  ending.defer(async () => memory.stop());
  const results = await measureAll({ options, signal, ledger, baselines, floor, note });
  await postgres?.check();
  const audit = options.audit ? await ledger.audit() : undefined;
  const rows = reportRows(results, options);
  const checks = [...checksOf(rows, results.floorMs), ...auditCheck(audit)];
  note(`\n${table(rows)}\n`);
  if (results.floorMs.length > 0) note(`raw floor, p50: ${median(results.floorMs).toFixed(2)} ms`);
  printMemory(memory.most);
  note(`\n${checkLines(checks)}`);
  const said = {
    startedAt,
    machine,
    options,
    ledgerProcesses: ledger.processes,
    pools: chosen,
    postgres: postgres?.settings,
  };
  write(startedAt, { ...said, rows, checks, memory: Object.fromEntries(memory.most), audit, ...results });
  return checks.every(({ ok }) => ok);
}

function needed({ env }: LedgerSide, variable: string): string {
  const value = env[variable] ?? '';
  if (value === '') throw new Error(`--against needs ${variable} in the environment, or --only ledger`);
  return value;
}

function auditCheck(audit: { readonly ok: boolean; readonly said: string } | undefined): readonly Check[] {
  if (audit === undefined) return [];
  note(`\n${audit.said}`);
  return [{ name: 'ledger audit', wanted: 'nothing found', is: audit.ok ? 'passed' : 'FAILED', ok: audit.ok }];
}

/** Keeps the most that each process had at any look. */
function watchMemory(watched: readonly Watched[]): { readonly most: Map<string, number>; stop(): void } {
  const most = new Map<string, number>();
  const timer = setInterval(() => {
    for (const [name, bytes] of memoryOf(watched)) most.set(name, Math.max(bytes, most.get(name) ?? 0));
  }, memoryEveryMs);
  return { most, stop: () => clearInterval(timer) };
}

function printMemory(most: ReadonlyMap<string, number>): void {
  if (most.size === 0) return;
  const lines = [...most].map(([name, bytes]) => [name, `${Math.round(bytes / 1_048_576)} MB`]);
  note(`\nmost memory held\n${columns(lines)}`);
}

async function machineOf() {
  const all = cpus();
  const before = cpuTime();
  await pause(lookMs);
  const after = cpuTime();
  return {
    cpus: all.length,
    model: all[0]?.model ?? 'unknown',
    memory: totalmem(),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    /** Share of all processors before anything was started: what else the machine does disturbs both sides. */
    busyBefore: `${Math.round((100 * (after.busy - before.busy)) / (after.all - before.all))} %`,
  };
}

/** Of all processors together, ms. */
function cpuTime(): { readonly busy: number; readonly all: number } {
  const times = cpus().map((one) => one.times);
  const all = times.reduce((sum, one) => sum + one.user + one.nice + one.sys + one.irq + one.idle, 0);
  return { all, busy: all - times.reduce((sum, { idle }) => sum + idle, 0) };
}

function gigabytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(0);
}

function write(startedAt: Date, report: object): void {
  mkdirSync(resultsDir, { recursive: true });
  const file = join(resultsDir, `${startedAt.toISOString().replaceAll(':', '-')}.json`);
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  note(`\nwritten to ${file}`);
}

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new Error(name)));
try {
  const args = process.argv.slice(2);
  if (args.includes('--help')) note(usage);
  else if (!(await bench(readOptions(args), stop.signal))) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`make bench: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
