// What processes hold in memory, as the system counts it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { childrenOf } from '../../stack/processes.ts';

/** A process, or a family of them, that the bench watches. */
export interface Watched {
  readonly name: string;
  readonly pid: () => number | undefined;
}

/**
 * Bytes by name. A process with children counts with them, shared pages once (on Linux; elsewhere once for each child).
 */
export function memoryOf(watched: readonly Watched[]): ReadonlyMap<string, number> {
  const found = watched.flatMap(({ name, pid }) => {
    const id = pid();
    if (id === undefined) return [];
    const family = [id, ...childrenOf(id).map((child) => child.pid)];
    return [[name, family.reduce((sum, one) => sum + bytesOf(one, family.length > 1), 0)] as const];
  });
  return new Map(found);
}

function bytesOf(pid: number, sharing: boolean): number {
  try {
    if (process.platform === 'linux') {
      const [file, field] = sharing ? ['smaps_rollup', 'Pss'] : ['status', 'VmRSS'];
      const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'));
      return Number(kilobytes?.[1] ?? 0) * 1_024;
    }
    return Number(execFileSync('ps', ['-p', String(pid), '-o', 'rss='], { encoding: 'utf8' })) * 1_024;
  } catch {
    // A child that ended between two looks holds nothing.
    return 0;
  }
}
