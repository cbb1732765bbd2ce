// CLI room: what a verb that ran as a process of its own said, for callers over HTTP. They hear reports and refusals, which
// verbs print as JSON; words for people, with what they know of servers and files, are a cause for the log.
import { Problem } from '../http/problems.ts';
import type { Said } from './child-verb.ts';
import { lastWords } from './child-verb.ts';

/** The report that a verb printed, whatever its exit code. @throws Problem `dependency_down` where there is none */
export function reportOf(said: Said): object {
  const report = readReport(said);
  if (report === null) throw failureOf(said);
  return report;
}

/** Why a replay's verb did not do it: it refused, or it failed. */
export function refusalOf(said: Said): Problem {
  const report = readReport(said) ?? {};
  if ('not_ready' in report) return new Problem('replay_not_ready', { detail: `${String(report.not_ready)}.` });
  if ('refused' in report) return new Problem('replay_differs', { detail: `${String(report.refused)}.` });
  return failureOf(said);
}

function failureOf(said: Said): Problem {
  const cause = new Error(`a process ended with ${said.code ?? 'a signal'}: ${lastWords(said)}`);
  return new Problem('dependency_down', { cause });
}

/** Null for no report and for half of one: the process may have ended while it wrote. */
function readReport({ report }: Said): object | null {
  try {
    const parsed: unknown = JSON.parse(report);
    return typeof parsed === 'object' ? parsed : null;
  } catch {
    // The words beside it say what happened.
    return null;
  }
}
