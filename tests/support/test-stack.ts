// The servers of a test run: those that TEST_STACK_ENV names (the path of an env file in shell syntax), else a stack
// of its own on free ports, thrown away afterwards.
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { startStack } from '../../stack/stack.ts';

export interface TestStack {
  readonly env: { readonly [name: string]: string };
  close(): Promise<void>;
}

// The first start on a machine fetches the servers.
const startMsMax = 8 * 60_000;
const needed = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'DATABASE_URL', 'REDIS_URL'];

/** @throws Error when the env file does not say all that is needed, or a server does not start */
export async function openTestStack(signal?: AbortSignal): Promise<TestStack> {
  const envFile = process.env['TEST_STACK_ENV'] ?? '';
  if (envFile !== '') return { env: named(envFile), close: async () => undefined };
  const limit = AbortSignal.timeout(startMsMax);
  const stack = await startStack({ signal: signal === undefined ? limit : AbortSignal.any([signal, limit]) });
  return { env: { ...stack.env }, close: () => stack.stop() };
}

function named(envFile: string): { readonly [name: string]: string } {
  const said = Object.entries(parseEnv(readFileSync(envFile, 'utf8')));
  const env = Object.fromEntries(said.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  const missing = needed.filter((name) => (env[name] ?? '') === '');
  if (missing.length > 0) throw new Error(`${envFile} does not say ${missing.join(', ')}`);
  return env;
}
