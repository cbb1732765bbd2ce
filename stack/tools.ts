// The programs that a machine must have for the native servers; whatever is missing is named in one message.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { messageOf } from './wait.ts';
import { run } from './run.ts';

const JAVA_VERSION_MIN = 17;
const VERSION_MS_MAX = 20_000;

export interface Java {
  readonly file: string;
  /** What `java -version` says: it decides which class archive fits. */
  readonly version: string;
}

const HOW_TO_GET: Readonly<Record<string, string>> = {
  java: `Java ${JAVA_VERSION_MIN} or newer (Debian: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17)`,
  mvn: 'Maven, to fetch the servers once (Debian: apt-get install maven; macOS: brew install maven)',
  tar: 'tar, to unpack Postgres (Debian: apt-get install tar)',
  xz: 'xz, to unpack Postgres (Debian: apt-get install xz-utils; macOS: brew install xz)',
};

/** Finds Java and, where something must be fetched, the tools for that. @throws Error naming all that is missing */
export async function findTools(toFetch: boolean): Promise<Java> {
  const missing = (toFetch ? ['mvn', 'tar', 'xz'] : []).filter((tool) => whereIs(tool) === undefined);
  const java = await findJava();
  if (typeof java === 'string') missing.unshift('java');
  if (typeof java === 'string' || missing.length > 0) {
    const lines = missing.map((tool) => `  - ${HOW_TO_GET[tool] ?? tool}`);
    const found = typeof java === 'string' ? `\n(${java})` : '';
    throw new Error(
      `No Docker engine answers, so the servers run as plain processes; for that this machine lacks:\n${lines.join('\n')}${found}`,
    );
  }
  return java;
}

async function findJava(): Promise<Java | string> {
  const home = process.env['JAVA_HOME'];
  const file = home === undefined || home === '' ? whereIs('java') : join(home, 'bin', 'java');
  if (file === undefined) return 'there is no java on the PATH, and JAVA_HOME is not set';
  try {
    const { stderr, stdout } = await run(file, ['-version'], { timeoutMs: VERSION_MS_MAX });
    const version = `${stderr}${stdout}`.trim();
    const major = Number(/version "(\d+)/.exec(version)?.[1] ?? 0);
    return major >= JAVA_VERSION_MIN
      ? { file, version }
      : `${file} is ${version.split('\n')[0] ?? 'of no known version'}`;
  } catch (error) {
    return messageOf(error);
  }
}

export function whereIs(program: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        // Not in this folder of the PATH.
        return false;
      }
    });
}
