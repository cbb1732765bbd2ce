// Keeps the ledger's processes up: starts again what ends, with a back-off, until it is told to stop. A ledger that a
// supervisor before this one left running is taken over, not started twice.
//   node stack/supervisor.ts <run folder> <JSON list of processes>; started by `make up`, ended by `make down`
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { removePidFile, runningIn, writePidFile } from './pid-files.ts';
import type { ProcessId } from './processes.ts';
import { endProcess, isAlive, processOf } from './processes.ts';
import type { LedgerProcess } from './up/settings.ts';
import { LEDGER_STOP_MS_MAX } from './up/settings.ts';
import { messageOf } from './wait.ts';

const BACK_OFF_MS = { min: 100, max: 5_000 } as const;
/** Whoever lived this long starts with a short back-off again. */
const STEADY_MS = 30_000;
const ADOPTED_ASK_EVERY_MS = 250;

const program = fileURLToPath(new URL('../bin/ledger', import.meta.url));

interface Running {
  readonly id: ProcessId;
  /** Resolves when it ended, with a word about how. */
  readonly end: Promise<string>;
}

async function keepUp(wanted: LedgerProcess): Promise<void> {
  let backOffMs: number = BACK_OFF_MS.min;
  while (!stop.signal.aborted) {
    const startedAt = performance.now();
    const how = await runOnce(wanted);
    if (stop.signal.aborted) return;
    backOffMs = performance.now() - startedAt >= STEADY_MS ? BACK_OFF_MS.min : Math.min(backOffMs * 2, BACK_OFF_MS.max);
    note(`${wanted.name} ${how}; started again in ${backOffMs} ms`);
    await delay(backOffMs, undefined, { signal: stop.signal }).catch(() => undefined);
  }
}

/** Runs it to its end, or until told to stop: then it is asked to leave, and killed when it does not in time. */
async function runOnce(wanted: LedgerProcess): Promise<string> {
  let running: Running;
  try {
    running = adopt(wanted.name) ?? (await start(wanted));
  } catch (error) {
    return `could not be started: ${messageOf(error)}`;
  }
  const how = await Promise.race([running.end, stopped.then(() => 'was told to stop')]);
  if (stop.signal.aborted) {
    const killed = await endProcess(running.id, 'SIGTERM', LEDGER_STOP_MS_MAX);
    note(
      `${wanted.name} (pid ${running.id.pid}) ${killed ? `was killed after ${LEDGER_STOP_MS_MAX / 1000} s` : 'left'}`,
    );
  }
  removePidFile(dir, wanted.name);
  return how;
}

function adopt(name: string): Running | undefined {
  const id = runningIn(dir, name);
  if (id === undefined) return undefined;
  note(`${name} (pid ${id.pid}) runs already: taken over`);
  return { id, end: endOfStranger(id) };
}

/** The system tells only a parent when a process ends; of others we ask. */
async function endOfStranger(id: ProcessId): Promise<string> {
  while (isAlive(id) && !stop.signal.aborted) await delay(ADOPTED_ASK_EVERY_MS);
  return `(pid ${id.pid}) ended`;
}

async function start(wanted: LedgerProcess): Promise<Running> {
  const log = openSync(join(dir, `${wanted.name}.log`), 'a');
  try {
    const child = spawn(program, [...wanted.args], {
      env: { ...process.env, PORT: String(wanted.port) },
      stdio: ['ignore', log, log],
      detached: true,
    });
    await once(child, 'spawn');
    const end = once(child, 'exit').then(([code, signal]) => `(pid ${child.pid}) ended with ${String(code ?? signal)}`);
    const id = processOf(child.pid ?? 0) ?? { pid: child.pid ?? 0, birth: 'ended at once' };
    writePidFile(dir, wanted.name, id);
    note(`${wanted.name} started, pid ${id.pid}`);
    return { id, end };
  } finally {
    closeSync(log);
  }
}

function note(line: string): void {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
}

const [, , dir = '', list = '[]'] = process.argv;
const stop = new AbortController();
const stopped = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()));
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
// Only stack/up writes this argument.
await Promise.all((JSON.parse(list) as LedgerProcess[]).map((wanted) => keepUp(wanted)));
