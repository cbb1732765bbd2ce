// Runs a program to its end: with a deadline, a small environment of its own, and its output in the error if it fails.
import { execFile } from 'node:child_process';

export interface RunOptions {
  readonly timeoutMs: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
}

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const SHOWN_LINES = 25;

/** What servers see of the caller's environment: settings meant for the ledger, or for another JVM, stay out. */
export function plainEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'JAVA_HOME'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TZ: 'UTC' };
}

export function run(file: string, args: readonly string[], options: RunOptions): Promise<Output> {
  const { timeoutMs, env = plainEnvironment(), ...rest } = options;
  const settings = { ...rest, env, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: OUTPUT_BYTES_MAX } as const;
  return new Promise((resolve, reject) => {
    execFile(file, args, { ...settings, encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout, stderr });
      else {
        const why =
          error.killed === true ? `was ended after ${timeoutMs / 1000} s` : `failed (${error.code ?? error.signal})`;
        reject(new Error(`${file} ${why}\n${lastLines(`${stdout}\n${stderr}`, SHOWN_LINES)}`, { cause: error }));
      }
    });
  });
}

export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
