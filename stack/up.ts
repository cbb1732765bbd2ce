// `make up`: the servers, the ledger, a key and a first order. Run again it starts what died and keeps the rest.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { containersAnswer } from './docker.ts';
import type { StackEnv } from './environment.ts';
import { envOf, shellLines } from './environment.ts';
import { makeFolders, passwordsIn } from './folders.ts';
import type { Folders } from './folders.ts';
import { withLock } from './lock.ts';
import type { Provider } from './stack.ts';
import { defaultProvider } from './stack.ts';
import { composeRunning, composeUp } from './up/compose.ts';
import { firstOrder, loadProducts } from './up/first-order.ts';
import { checkPorts, startServers, wantedPorts } from './up/servers.ts';
import { keyFor, prepare, startSupervisor, waitUntilReady } from './up/service.ts';
import type { UpSettings } from './up/settings.ts';
import { readSettings, root, runDir, serviceEnvironment } from './up/settings.ts';
import type { UpState } from './up/state.ts';
import { keepRunning, namesRunning, remember, stateIn } from './up/state.ts';
import { messageOf } from './wait.ts';

const LOCK_MS_MAX = 10 * 60_000;

function note(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function up(): Promise<void> {
  const folders = await makeFolders(runDir);
  const waiting = ({ pid }: { pid: number }): void => note(`Waiting for another make up (pid ${pid}) ...`);
  await withLock(join(runDir, 'up.lock'), LOCK_MS_MAX, waiting, () => upAlone(folders));
}

async function upAlone(folders: Folders): Promise<void> {
  const provider = await defaultProvider();
  const last = stateIn(runDir);
  const wanted = readSettings(process.env);
  const running = await runningOf(last, wanted);
  const settings = keepRunning({ last, running, provider, wanted, env: process.env });
  const passwords = await passwordsIn(folders);
  const stack = envOf(settings.ports, passwords);
  const env = serviceEnvironment(process.env, stack);
  await checkPorts(wantedPorts(provider, running, settings));
  remember(runDir, provider, settings);
  if (provider === 'containers') {
    await composeUp(runDir, settings, passwords, note);
  } else {
    note('Servers:');
    await startServers(folders, settings.ports, passwords, note);
    note(`Ledger:\n  ${await prepare(env)}`);
    await startSupervisor(runDir, settings.processes, env);
  }
  await present(provider, settings, stack, env);
}

async function runningOf(last: UpState | undefined, wanted: UpSettings): Promise<ReadonlySet<string>> {
  if (last?.provider !== 'containers') return namesRunning(runDir, last?.settings ?? wanted);
  // An engine that is gone runs nothing.
  return (await containersAnswer()) ? composeRunning(last.settings) : new Set();
}

/** From here on it is the same for both providers: all goes through the network. */
async function present(
  provider: Provider,
  settings: UpSettings,
  stack: StackEnv,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const { url } = settings;
  const file = join(runDir, 'env');
  const known = existsSync(file) ? parseEnv(readFileSync(file, 'utf8'))['LEDGER_API_KEY'] : undefined;
  const write = (key: string): void =>
    writeFileSync(file, shellLines({ LEDGER_URL: url, LEDGER_API_KEY: key, ...stack }), { mode: 0o600 });
  // Whoever looks into the logs because the ledger does not get ready finds the addresses already.
  write(known ?? '');
  await waitUntilReady(runDir, url);
  const key = await keyFor(url, known, env);
  write(key);
  const products = await loadProducts(url, key, env['LEDGER_CURRENCY'] ?? 'USD');
  note(`  ready at ${url} with ${products} products\n`);
  note(await firstOrder(url, key));
  const how = provider === 'native' ? 'plain processes' : 'containers';
  note(
    [
      '',
      `Order Ledger is up (${how}).`,
      `  URL      ${url}`,
      `  API key  ${key}`,
      `  docs     ${url}/docs`,
      `  shell    set -a; . ${join(root, '.run', 'env')}; set +a`,
      '  stop it with make down; make clean removes its data too',
    ].join('\n'),
  );
}

try {
  await up();
} catch (error) {
  process.stderr.write(`\nmake up: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
