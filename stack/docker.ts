// Whether a Docker engine answers, which decides between containers and native servers.
import { run } from './run.ts';
import { whereIs } from './tools.ts';

const ANSWER_MS_MAX = 10_000;

/** Both the engine and `docker compose` are there. A client alone, without an engine, is not enough. */
export async function containersAnswer(): Promise<boolean> {
  if (whereIs('docker') === undefined) return false;
  try {
    await run('docker', ['info', '--format', '{{.ServerVersion}}'], { timeoutMs: ANSWER_MS_MAX, env: process.env });
    await run('docker', ['compose', 'version'], { timeoutMs: ANSWER_MS_MAX, env: process.env });
    return true;
  } catch {
    // No engine, or none that this user may use: the native servers need neither.
    return false;
  }
}
