// CLI room: asks a person before something is dropped or changed for everybody.
import { createInterface } from 'node:readline/promises';
import { UsageError } from '../verbs/shared.ts';

/**
 * Resolves when it may go on: with `yes` at once, else when a person says so.
 * @throws UsageError without a terminal, or where the person says no
 */
export async function confirm(question: string, yes: boolean, signal: AbortSignal): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw new UsageError(`${question}\nThere is nobody to ask: say --yes`);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal });
    if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError('Nothing was done.');
  } finally {
    lines.close();
  }
}
