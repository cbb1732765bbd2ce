// Runs one program as a step of the test run: its own process group, a limit of time, and nothing left behind.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from './repository.ts';

/** The Node that the project pins, whichever one started the run. */
export const node = join(root, 'node_modules', 'node', 'bin', 'node');

const outputCharsMax = 400_000;
const graceMs = 15_000;
const closeMsMax = 2_000;

export interface ChildOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly env?: { readonly [name: string]: string };
  /** Where it runs; the root folder unless given. */
  readonly cwd?: string;
  /** Whether its output is shown while it runs; it is kept either way. */
  readonly live?: boolean;
}

export interface ChildResult {
  /** null when a signal ended it. */
  readonly code: number | null;
  /** Its output and error output as they came; of very long ones the end. */
  readonly output: string;
  /** Why it was ended before its time. */
  readonly ended: 'timeout' | 'interrupted' | undefined;
}

/** Runs a program to its end. Resolves also when it fails or cannot be started. */
export async function runChild(command: readonly string[], options: ChildOptions): Promise<ChildResult> {
  const [program = node, ...args] = command;
  const { cwd = root, env } = options;
  const child = spawn(program, args, { cwd, env: environment(env), detached: true, stdio: 'pipe' });
  child.stdin.end();
  let output = '';
  const hear = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-outputCharsMax);
    if (options.live === true) process.stdout.write(chunk);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const over = new AbortController();
  const exit = exitOf(child).finally(() => over.abort());
  const [result, ended] = await Promise.all([exit, endWhenDue(child, options, over.signal)]);
  // What it left running in its group would hold ports and files of the next step.
  killGroup(child, 'SIGKILL');
  return { code: result.code, output: output + result.trouble, ended };
}

/** Adds the project's own programs to the PATH, so that whatever a child starts uses the pinned Node too. */
function environment(extra: ChildOptions['env'] = {}): NodeJS.ProcessEnv {
  const path = [join(root, 'node_modules', '.bin'), process.env['PATH']].join(delimiter);
  return { ...process.env, PATH: path, ...extra };
}

function exitOf(child: ChildProcess): Promise<{ readonly code: number | null; readonly trouble: string }> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, trouble: `${error.message}\n` }));
    child.once('close', (code) => resolve({ code, trouble: '' }));
    child.once('exit', (code) => {
      // Something it started may hold its output open.
      setTimeout(() => resolve({ code, trouble: '' }), closeMsMax).unref();
    });
  });
}

async function endWhenDue(
  child: ChildProcess,
  options: ChildOptions,
  over: AbortSignal,
): Promise<ChildResult['ended']> {
  const due = AbortSignal.any([over, options.signal]);
  await sleep(options.timeoutMs, due);
  if (over.aborted) return undefined;
  killGroup(child, 'SIGTERM');
  await sleep(graceMs, over);
  if (!over.aborted) killGroup(child, 'SIGKILL');
  return options.signal.aborted ? 'interrupted' : 'timeout';
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const timer = pause(ms, undefined, { signal });
  await timer.catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // ESRCH: the group is gone already, which is what was wanted.
    const gone = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ESRCH';
    if (!gone) throw error;
  }
}
