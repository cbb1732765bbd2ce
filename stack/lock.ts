// A lock between processes: a file that names its holder. A holder that died is noticed by its birth, not by age.
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { ProcessId } from './processes.ts';
import { isAlive, isErrno, processOf } from './processes.ts';
import { waitUntil } from './wait.ts';

const ASK_EVERY_MS = 200;

/** Takes the lock, runs the work, gives the lock back. `onWait` hears once who has it. */
export async function withLock<T>(
  file: string,
  waitMsMax: number,
  onWait: (holder: ProcessId) => void,
  work: () => Promise<T>,
): Promise<T> {
  let told = false;
  const take = (): boolean => {
    if (tryTake(file)) return true;
    const holder = holderOf(file);
    if (holder === undefined) return false;
    if (!isAlive(holder)) setAside(file);
    else if (!told) onWait(holder);
    told = true;
    return false;
  };
  await waitUntil(`the lock ${file}`, take, { deadlineMs: waitMsMax, everyMs: ASK_EVERY_MS });
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function tryTake(file: string): boolean {
  const self = processOf(process.pid);
  if (self === undefined) throw new Error('this process does not find itself in the process table');
  // Linked into place whole, so that nobody reads a lock without its holder.
  const mine = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(mine, JSON.stringify(self));
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(mine);
  }
}

/** Removes a dead holder's lock; one that a live process took in between is put back. */
function setAside(file: string): void {
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(file, aside);
    const holder = holderOf(aside);
    if (holder !== undefined && isAlive(holder)) linkSync(aside, file);
  } catch (error) {
    // Somebody else set it aside, or took the lock, a moment earlier.
    if (!isErrno(error, 'ENOENT') && !isErrno(error, 'EEXIST')) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Nothing when the lock was just given back. */
function holderOf(file: string): ProcessId | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new Error(`${file} is no lock`);
  if (!('pid' in value) || typeof value.pid !== 'number') throw new Error(`${file} names no process`);
  if (!('birth' in value) || typeof value.birth !== 'string') throw new Error(`${file} names no process`);
  return { pid: value.pid, birth: value.birth };
}
