// `make up`: the servers, the ledger, a key and a first order. Run again it starts what died and keeps the rest.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { StackEnv } from './environment.ts';
import { envOf, shellLines } from './environment.ts';
import { makeFolders, passwordsIn } from './folders.ts';
import type { Folders } from './folders.ts';
import { withLock } from './lock.ts';
import type { Provider } from './stack.ts';
import { defaultProvider } from './stack.ts';
import { composeUp } from './up/compose.ts';
import { firstOrder, loadProducts } from './up/first-order.ts';
import { checkPorts, startServers } from './up/servers.ts';
import { keyFor, prepare, startSupervisor, waitUntilReady } from './up/service.ts';
import type { UpSettings } from './up/settings.ts';
import { readSettings, root, runDir, serviceEnvironment } from './up/settings.ts';
import { keepRunning, remember } from './up/state.ts';
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
  const settings = keepRunning(runDir, provider, readSettings(process.env), process.env);
  const passwords = await passwordsIn(folders);
  const stack = envOf(settings.ports, passwords);
  const env = serviceEnvironment(process.env, stack);
  if (provider === 'containers') {
    remember(runDir, provider, settings);
    await composeUp(settings, passwords, note);
  } else {
    await checkPorts(runDir, settings.ports, settings.processes);
    remember(runDir, provider, settings);
    note('Servers:');
    await startServers(folders, settings.ports, passwords, note);
    note(`Ledger:\n  ${await prepare(env)}`);
    await startSupervisor(runDir, settings.processes, env);
  }
  await present(provider, settings, stack, env);
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
