// Programs that the tests need and npm does not bring: where they are, and what to do where they are not.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Where a program is: on the PATH, or where Go puts what it installs. */
export function findProgram(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return [...folders, join(homedir(), 'go', 'bin')].map((folder) => join(folder, program)).find((at) => existsSync(at));
}
