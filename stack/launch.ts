// Starts one server as a child process and waits until it answers; the error of a failed start shows its log's end.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { ProcessId } from './processes.ts';
import { endProcess, isAlive, processOf } from './processes.ts';
import { lastLines, plainEnvironment } from './run.ts';
import type { Command, ServerContext, ServerDefinition } from './server.ts';
import { ENDINGS } from './server.ts';
import { messageOf, waitFor } from './wait.ts';

const LOG_BYTES_MAX = 32 * 1024 * 1024;
const SHOWN_BYTES = 8_192;
const SHOWN_LINES = 30;
const TRIES_MAX = 20;

export interface LaunchOptions {
  readonly logFile: string;
  /** Hears of the process as soon as it exists, long before it answers. */
  readonly onSpawn: (id: ProcessId) => void;
  readonly signal?: AbortSignal;
}

/** Prepares, starts and waits. @throws Error with the end of the log; the process is gone then */
export async function launch(
  definition: ServerDefinition,
  context: ServerContext,
  options: LaunchOptions,
): Promise<ProcessId> {
  await mkdir(context.dataDir, { recursive: true });
  await definition.prepare(context);
  for (let tries = 1; ; tries++) {
    const logStart = rotate(options.logFile);
    const id = await spawnServer(definition.command(context), context.dataDir, options);
    try {
      await waitUntilItAnswers(definition, context, id, options.signal);
      return id;
    } catch (error) {
      await endProcess(id, ENDINGS[definition.name].abort, ENDINGS[definition.name].stopMsMax);
      const log = tailOf(options.logFile, logStart);
      options.signal?.throwIfAborted();
      if (definition.startAgain?.test(log) === true && tries < TRIES_MAX) continue;
      throw new Error(`${definition.name} did not start: ${messageOf(error)}\n--- end of ${options.logFile}\n${log}`, {
        cause: error,
      });
    }
  }
}

async function waitUntilItAnswers(
  definition: ServerDefinition,
  context: ServerContext,
  id: ProcessId,
  signal: AbortSignal | undefined,
): Promise<void> {
  const gone = new AbortController();
  const probe = async (): Promise<void> => {
    if (!isAlive(id)) gone.abort(new Error(`process ${id.pid} ended`));
    gone.signal.throwIfAborted();
    await definition.probe(context);
    // Somebody else's server may answer on that port while ours failed to take it.
    if (!isAlive(id)) gone.abort(new Error(`process ${id.pid} ended, and something else answers on its port`));
    gone.signal.throwIfAborted();
  };
  const signals = signal === undefined ? [gone.signal] : [gone.signal, signal];
  await waitFor(`an answer of ${definition.name}`, probe, {
    deadlineMs: definition.startMsMax,
    signal: AbortSignal.any(signals),
  });
}

/** Its own process group: an interrupt at the terminal is for us, who then end the servers in order. */
export async function spawnServer(command: Command, cwd: string, options: LaunchOptions): Promise<ProcessId> {
  const log = openSync(options.logFile, 'a');
  try {
    const { file, args, env = {}, ...identity } = command;
    const child = spawn(file, [...args], {
      ...identity,
      cwd,
      env: { ...plainEnvironment(), ...env },
      detached: true,
      stdio: ['ignore', log, log],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    const id = child.pid === undefined ? undefined : processOf(child.pid);
    // Ended before we could look at it: the caller finds out why in the log, by a process that is nobody.
    const known = id ?? { pid: child.pid ?? 0, birth: 'ended at once' };
    options.onSpawn(known);
    return known;
  } finally {
    closeSync(log);
  }
}

/** Moves a large log of earlier starts aside; answers where the log of this start begins. */
function rotate(file: string): number {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= LOG_BYTES_MAX) return size;
  renameSync(file, `${file}.1`);
  return 0;
}

/** The last lines of a log, of those written after `from`. */
export function tailOf(file: string, from = 0): string {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const start = Math.max(from, size - SHOWN_BYTES);
  if (size <= start) return '(it is empty)';
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(size - start);
    const length = readSync(descriptor, buffer, 0, buffer.length, start);
    return lastLines(buffer.toString('utf8', 0, length), SHOWN_LINES);
  } finally {
    closeSync(descriptor);
  }
}
