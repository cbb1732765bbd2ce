// What the doctor says of one thing.
import { messageOf } from '../message.ts';

export type CheckStatus = 'ok' | 'warn' | 'fail';

export interface Check {
  /** What was looked at. */
  readonly about: string;
  readonly status: CheckStatus;
  readonly text: string;
  /** What to do; null where there is nothing to do. */
  readonly advice: string | null;
}

export function ok(about: string, text: string): Check {
  return { about, status: 'ok', text, advice: null };
}

export function warn(about: string, text: string, advice: string | null): Check {
  return { about, status: 'warn', text, advice };
}

export function fail(about: string, text: string, advice: string | null): Check {
  return { about, status: 'fail', text, advice };
}

/** Looks at one thing; what it throws is a finding. */
export async function attempt(
  about: string,
  advice: string | null,
  look: () => Promise<readonly Check[]>,
): Promise<readonly Check[]> {
  try {
    return await look();
  } catch (error) {
    return [fail(about, messageOf(error), advice)];
  }
}
