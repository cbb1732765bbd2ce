// Audits on behalf of the HTTP room: `ledger audit` as a process of its own, so that reading the whole log takes neither
// memory nor time from requests, and ends with the service.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Audits } from '../http/room.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/logger.ts';

export interface RunningAudits extends Audits {
  /** Ends an audit that is under way. */
  stop(): Promise<void>;
}

const program = join(import.meta.dirname, 'main.ts');
/** From the order to end until it is enforced, ms. */
const graceMs = 2_000;
/** Characters of what a failed audit said that a caller is told. */
const saidMax = 500;

/** Makes the port of the HTTP room. The child has the settings of this process, by its environment. */
export function createAudits({ auditMsMax }: Pick<Config, 'auditMsMax'>, logger: Logger): RunningAudits {
  const stopping = new AbortController();
  let running: Promise<object> | null = null;

  async function run(atRest: boolean, signal: AbortSignal): Promise<object> {
    signal.throwIfAborted();
    const args = [program, 'audit', '--json', ...(atRest ? ['--at-rest'] : [])];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const end = (): void => {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), graceMs).unref();
    };
    signal.addEventListener('abort', end, { once: true });
    try {
      const [report, said] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
      if (signal.aborted) throw signal.reason;
      if (said !== '') logger.warn({ said }, 'an audit had something to say');
      return parse(report, said);
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  return {
    run: async ({ atRest }, signal) => {
      if (running !== null) return null;
      const late = AbortSignal.timeout(auditMsMax);
      running = run(atRest, AbortSignal.any([signal, stopping.signal, late]));
      try {
        return await running;
      } catch (error) {
        throw late.aborted ? new Error(`it was not done after ${auditMsMax} ms`, { cause: error }) : error;
      } finally {
        running = null;
      }
    },
    stop: async () => {
      stopping.abort(new Error('the service ends'));
      // Whoever asked for it hears how it ended.
      await running?.catch(() => undefined);
    },
  };
}

/** An audit that found something has a report too; one that could not work has only words. */
function parse(report: string, said: string): object {
  try {
    const parsed: unknown = JSON.parse(report);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch (error) {
    throw new Error(said.trim().slice(-saidMax), { cause: error });
  }
  throw new Error('it printed no report');
}
