// A file system of its own, small enough to be filled by a test. It lives in memory, so nothing wears out or stays.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SmallDisk {
  /** Bytes that can still be written. */
  free(): number;
  /** Takes all of it but `left` bytes. */
  fill(left: number): void;
  /** Gives back what `fill` took. */
  clear(): void;
  unmount(): void;
}

const chunkBytes = 65_536;

/** Mounts it at a folder, which is made. @throws Error saying what is missing where this user may not mount */
export function mountSmallDisk(folder: string, megabytes: number): SmallDisk {
  mkdirSync(folder, { recursive: true });
  asRoot('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0777`, 'tmpfs', folder]);
  const ballast = join(folder, 'ballast');
  const free = (): number => {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  };
  return {
    free,
    fill(left) {
      writeFileSync(ballast, Buffer.alloc(Math.max(0, free() - left - (free() % chunkBytes))));
    },
    clear: () => rmSync(ballast, { force: true }),
    // Lazily: a server that was just killed may still be letting go of its files.
    unmount: () => asRoot('umount', ['-l', folder]),
  };
}

function asRoot(program: string, args: readonly string[]): void {
  const command = process.getuid?.() === 0 ? [program, ...args] : ['sudo', '-n', program, ...args];
  const [file = program, ...rest] = command;
  try {
    execFileSync(file, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const what = `this test fills a disk of its own, which is a tmpfs of Linux: "${command.join(' ')}" failed`;
    throw new Error(`${what}; run it as root, or as a user who may sudo without a password`, { cause: error });
  }
}
