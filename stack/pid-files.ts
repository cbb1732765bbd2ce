// `<name>.pid` holds the pid of the server process itself, for people and other programs. Beside it `<name>.birth` says
// which process was meant, so that a pid that the system gave to somebody else is never taken for ours.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessId } from './processes.ts';
import { isAlive, isErrno } from './processes.ts';

/** What a pid file says: the live process that was meant, a pid that is somebody else's or nobody's, or nothing. */
export type PidFile =
  | { readonly status: 'running'; readonly id: ProcessId }
  | { readonly status: 'stale'; readonly pid: number }
  | { readonly status: 'absent' };

export function readPidFile(dir: string, name: string): PidFile {
  const pid = Number(read(join(dir, `${name}.pid`)));
  if (!Number.isSafeInteger(pid) || pid <= 0) return { status: 'absent' };
  const id = { pid, birth: read(join(dir, `${name}.birth`)) };
  return isAlive(id) ? { status: 'running', id } : { status: 'stale', pid };
}

export function runningIn(dir: string, name: string): ProcessId | undefined {
  const file = readPidFile(dir, name);
  return file.status === 'running' ? file.id : undefined;
}

/** The birth first: a pid without it names nobody, while an old birth with a new pid would be taken for stale too. */
export function writePidFile(dir: string, name: string, id: ProcessId): void {
  replace(join(dir, `${name}.birth`), id.birth);
  replace(join(dir, `${name}.pid`), String(id.pid));
}

export function removePidFile(dir: string, name: string): void {
  rmSync(join(dir, `${name}.pid`), { force: true });
  rmSync(join(dir, `${name}.birth`), { force: true });
}

function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, `${text}\n`);
  renameSync(`${file}.new`, file);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  }
}
