// A ledger and its processes for benchmarks, prepared and started as a user does it.
import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const program = join(import.meta.dirname, '../../src/cli/main.ts');

export interface PreparedLedger {
  readonly env: { readonly [name: string]: string };
  /** An API key of an admin. */
  readonly key: string;
}

/** Prepares a ledger under a prefix of its own; several may share servers. */
export async function prepareLedger(
  servers: { readonly [name: string]: string },
  prefix: string,
): Promise<PreparedLedger> {
  const env = { ...servers, LEDGER_TOPIC_PREFIX: prefix, PORT: '0', LOG_LEVEL: 'info' };
  await verb(env, 'prepare');
  const made = await verb(env, 'keys', 'create', '--name', prefix, '--role', 'admin', '--json');
  const { key } = JSON.parse(made) as { key: string };
  return { env, key };
}

/** Starts a process; resolves with its URL when it takes requests. It ends with `running`. */
export async function startService(ledger: PreparedLedger, running: AsyncDisposableStack): Promise<string> {
  const args = [program, 'serve', '--roles', 'api,writer'];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...ledger.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.defer(() => end(child));
  for await (const line of createInterface(child.stdout)) {
    const { msg, url } = JSON.parse(line) as { msg?: string; url?: string };
    if (msg === 'serving' && url !== undefined) {
      child.stdout.resume();
      return url;
    }
  }
  throw new Error('the service ended before it was serving');
}

/** Runs a verb of the program; answers what it printed. @throws Error when it fails */
export async function verb(env: { readonly [name: string]: string }, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], {
    env: { ...process.env, ...env },
  });
  return stdout;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
