// Audits on behalf of the HTTP room: `ledger audit` as a process of its own, so that reading the whole log takes neither
// memory nor time from requests, and ends with the service.
import { Problem } from '../http/problems.ts';
import type { Audits } from '../http/room.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/logger.ts';
import { runVerb } from './child-verb.ts';
import { reportOf } from './verb-answers.ts';

export interface RunningAudits extends Audits {
  /** Ends an audit that is under way. */
  stop(): Promise<void>;
}

/** Makes the port of the HTTP room. */
export function createAudits({ auditMsMax }: Pick<Config, 'auditMsMax'>, logger: Logger): RunningAudits {
  const stopping = new AbortController();
  let running: Promise<object> | null = null;

  async function run(atRest: boolean, signal: AbortSignal): Promise<object> {
    const said = await runVerb(['audit', '--json', ...(atRest ? ['--at-rest'] : [])], signal);
    if (said.words !== '') logger.warn({ said: said.words }, 'an audit had something to say');
    // An audit that found something has a report too; one that could not work has only words.
    return reportOf(said);
  }

  return {
    run: async ({ atRest }, signal) => {
      if (running !== null) return null;
      const late = AbortSignal.timeout(auditMsMax);
      running = run(atRest, AbortSignal.any([signal, stopping.signal, late]));
      try {
        return await running;
      } catch (error) {
        if (!late.aborted) throw error;
        const detail = `The audit was not done after ${auditMsMax} ms.`;
        throw new Problem('dependency_down', { detail, cause: error });
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
