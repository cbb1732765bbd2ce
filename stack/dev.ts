// A stack in the foreground, for developers: prints its environment as shell lines and runs until it is interrupted.
//   node stack/dev.ts [--dir <folder>] [--write-env <file>] [--servers kafka,postgres]
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { shellLines } from './environment.ts';
import type { ServerName } from './server.ts';
import { SERVER_NAMES } from './server.ts';
import { startStack } from './stack.ts';
import { messageOf } from './wait.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { dir: { type: 'string' }, 'write-env': { type: 'string' }, servers: { type: 'string' } },
  });
  const startedAt = performance.now();
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => interrupted.abort(new Error(name)));
  const stack = await startStack({
    ...(values.dir === undefined ? {} : { dir: values.dir }),
    servers: serversFrom(values.servers),
    signal: interrupted.signal,
  });
  const lines = shellLines({ ...stack.env });
  const file = values['write-env'];
  process.stdout.write(lines);
  if (file !== undefined) writeFileSync(file, lines, { mode: 0o600 });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stderr.write(`# up in ${seconds} s, ${stack.provider}, in ${stack.dir}; interrupt to end it\n`);
  await interruption(interrupted.signal);
  if (file !== undefined) rmSync(file, { force: true });
  await stack.stop();
}

/** A stack does not keep its process alive; this does, until the signal comes. */
async function interruption(signal: AbortSignal): Promise<void> {
  const keepAlive = setInterval(() => undefined, 60_000);
  try {
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    clearInterval(keepAlive);
  }
}

function serversFrom(text: string | undefined): ServerName[] {
  const wanted = text?.split(',') ?? [...SERVER_NAMES];
  const unknown = wanted.filter((name) => !SERVER_NAMES.some((known) => known === name));
  if (unknown.length > 0)
    throw new Error(`No such server: ${unknown.join(', ')}; there are ${SERVER_NAMES.join(', ')}`);
  return SERVER_NAMES.filter((name) => wanted.includes(name));
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
