// A verb of the program as a process of its own, for work that must take neither memory nor time from requests.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** How a verb ended: its exit code, and what it wrote to standard output and to standard error. */
export interface Said {
  readonly code: number | null;
  readonly report: string;
  readonly words: string;
}

/** Characters of what a failed verb said that a caller is told. */
const saidMax = 500;
const program = join(import.meta.dirname, 'main.ts');
/** From the order to end until it is enforced, ms. */
const graceMs = 2_000;

/**
 * Runs a verb to its end, with the settings of this process by its environment; `flags` are for Node itself.
 * @throws the signal's reason, when the process has ended
 */
export async function runVerb(
  args: readonly string[],
  signal: AbortSignal,
  flags: readonly string[] = [],
): Promise<Said> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, [...flags, program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const end = (): void => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), graceMs).unref();
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    const [report, words] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    signal.throwIfAborted();
    return { code: child.exitCode, report, words };
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** The end of what a verb wrote to standard error: that is where it says why it failed. */
export function lastWords({ words }: Pick<Said, 'words'>): string {
  return words.trim().slice(-saidMax);
}
