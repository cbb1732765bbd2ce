// Processes as the operating system sees them. A pid alone names nobody for long, so everything that is signalled is
// named by pid and birth; a pid that was given to somebody else since has another birth.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { waitUntil } from './wait.ts';

export interface ProcessId {
  readonly pid: number;
  /** Opaque and equal only for the same process: boot id and start tick, or what `ps` prints as its start. */
  readonly birth: string;
}

const isLinux = process.platform === 'linux';
const KILL_MS_MAX = 5_000;

/** The live process behind a pid; nothing for a pid that is free or a zombie. */
export function processOf(pid: number): ProcessId | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  const birth = isLinux ? birthFromProc(pid) : birthFromPs(pid);
  return birth === undefined ? undefined : { pid, birth };
}

export function isAlive(id: ProcessId): boolean {
  return processOf(id.pid)?.birth === id.birth;
}

export function commandOf(pid: number): string {
  const text = isLinux ? readText(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ') : psField(pid, 'args');
  return text?.trim() || '(unknown command)';
}

export function childrenOf(pid: number): ProcessId[] {
  const children = isLinux ? childrenFromProc(pid) : childrenFromPs(pid);
  return children.map(processOf).filter((child) => child !== undefined);
}

/** Sends a signal to exactly this process; false when it is gone already. */
export function signal(id: ProcessId, name: NodeJS.Signals): boolean {
  if (!isAlive(id)) return false;
  try {
    process.kill(id.pid, name);
    return true;
  } catch (error) {
    if (isErrno(error, 'ESRCH')) return false;
    throw error;
  }
}

/** Ends a process: asks first, and after `graceMs` kills. Resolves when it is gone; true when it had to be killed. */
export async function endProcess(id: ProcessId, ask: NodeJS.Signals, graceMs: number): Promise<boolean> {
  if (!signal(id, ask)) return false;
  // A stopped process takes no signal but SIGKILL until it goes on.
  signal(id, 'SIGCONT');
  try {
    await waitUntil(`the end of process ${id.pid}`, () => !isAlive(id), { deadlineMs: graceMs, everyMs: 20 });
    return false;
  } catch {
    signal(id, 'SIGKILL');
    await waitUntil(`the end of killed process ${id.pid}`, () => !isAlive(id), {
      deadlineMs: KILL_MS_MAX,
      everyMs: 20,
    });
    return true;
  }
}

/** By its code alone: a test runner's realm has an Error class of its own. */
export function isErrno(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

function birthFromProc(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The command's name, in brackets, may itself hold blanks and brackets; fields are counted from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return `${readText('/proc/sys/kernel/random/boot_id')?.trim() ?? ''}:${fields[19] ?? ''}`;
}

function birthFromPs(pid: number): string | undefined {
  const state = psField(pid, 'stat');
  return state === undefined || state.startsWith('Z') ? undefined : psField(pid, 'lstart');
}

function childrenFromProc(pid: number): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((candidate) => {
      const stat = readText(`/proc/${candidate}/stat`);
      return stat !== undefined && Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
    });
}

function childrenFromPs(pid: number): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).split('\n');
  return rows
    .map((row) => row.trim().split(/\s+/).map(Number))
    .flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []));
}

function psField(pid: number, field: string): string | undefined {
  try {
    return execFileSync('ps', ['-p', String(pid), '-o', `${field}=`], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    // ps exits 1 for a pid that is free; that is the answer.
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process ended between two looks, or belongs to somebody else: there is nothing to read.
    return undefined;
  }
}
