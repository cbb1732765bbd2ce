// The ledger's own part of `make up`: prepare, the supervisor, readiness, and the key for the person at the terminal.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tailOf } from '../launch.ts';
import { runningIn, writePidFile } from '../pid-files.ts';
import { processOf } from '../processes.ts';
import { run } from '../run.ts';
import { messageOf, waitFor } from '../wait.ts';
import { root } from './settings.ts';
import type { LedgerProcess } from './settings.ts';

const PREPARE_MS_MAX = 120_000;
const KEY_MS_MAX = 60_000;
const READY_MS_MAX = 90_000;
const ANSWER_MS_MAX = 10_000;
const supervisorProgram = fileURLToPath(new URL('../supervisor.ts', import.meta.url));

/** Creates what is missing of topics, schemas and tables. @throws Error with what the command said */
export async function prepare(env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await run(ledgerProgram(), ['prepare'], { timeoutMs: PREPARE_MS_MAX, env });
  return stdout.trim();
}

/** Leaves a supervisor that runs alone. */
export async function startSupervisor(
  dir: string,
  processes: readonly LedgerProcess[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  if (runningIn(dir, 'supervisor') !== undefined) return;
  const log = openSync(join(dir, 'supervisor.log'), 'a');
  try {
    const child = spawn(process.execPath, [supervisorProgram, dir, JSON.stringify(processes)], {
      env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    await once(child, 'spawn');
    child.unref();
    const id = processOf(child.pid ?? 0);
    if (id === undefined) throw new Error(`The supervisor ended at once; see ${join(dir, 'supervisor.log')}`);
    writePidFile(dir, 'supervisor', id);
  } finally {
    closeSync(log);
  }
}

/** @throws Error with the end of the ledger's log */
export async function waitUntilReady(dir: string, url: string): Promise<void> {
  try {
    await waitFor(`the ledger's readiness (${url}/health/ready)`, () => askReady(url), {
      deadlineMs: READY_MS_MAX,
      everyMs: 100,
    });
  } catch (error) {
    const log = join(dir, 'ledger.log');
    throw new Error(`${messageOf(error)}\n--- end of ${log}\n${tailOf(log)}`, { cause: error });
  }
}

async function askReady(url: string): Promise<void> {
  const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`it answered ${answer.status}: ${text.slice(0, 500)}`);
}

/** The key of the last time where the ledger still takes it, else a new one. */
export async function keyFor(url: string, known: string | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  if (known !== undefined && known !== '' && (await isAccepted(url, known))) return known;
  const args = ['keys', 'create', '--name', 'make-up', '--role', 'admin', '--json'];
  const { stdout } = await run(ledgerProgram(), args, { timeoutMs: KEY_MS_MAX, env });
  const made: unknown = JSON.parse(stdout);
  if (typeof made !== 'object' || made === null || !('key' in made) || typeof made.key !== 'string') {
    throw new Error(`ledger ${args.join(' ')} printed no key`);
  }
  return made.key;
}

async function isAccepted(url: string, key: string): Promise<boolean> {
  let status = 0;
  const ask = async (): Promise<void> => {
    const answer = await fetch(`${url}/v1/products?limit=1`, {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    await answer.text();
    status = answer.status;
    // Right after a start the credentials' store may still be away; that says nothing about the key.
    if (status >= 500) throw new Error(`GET /v1/products answered ${status}`);
  };
  await waitFor('a word about the API key', ask, { deadlineMs: READY_MS_MAX, everyMs: 200 });
  return status !== 401 && status !== 403;
}

function ledgerProgram(): string {
  return join(root, 'bin', 'ledger');
}
