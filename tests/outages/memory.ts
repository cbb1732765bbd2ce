// How much memory a process has, as the system counts it.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const everyMs = 1_000;
const kbPerMb = 1_024;

/** Looks once a second until it is stopped; answers the most that was seen, MB. */
export function watchMemory(pid: number): { stop(): { readonly rssMbAtMost: number } } {
  let most = 0;
  const look = async (): Promise<void> => {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
    most = Math.max(most, Math.round(Number(stdout) / kbPerMb));
  };
  const timer = setInterval(() => void look(), everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      return { rssMbAtMost: most };
    },
  };
}
