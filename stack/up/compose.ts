// `make up` and `make down` where a Docker engine answers: docker-compose.yml instead of plain processes, with the same
// ports, files and answers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePidFile } from '../pid-files.ts';
import { processOf } from '../processes.ts';
import { lastLines, run } from '../run.ts';
import type { Passwords } from '../server.ts';
import type { UpSettings } from './settings.ts';
import { portSettings, root } from './settings.ts';

type Note = (line: string) => void;

/** The first one pulls images and builds. */
const UP_MS_MAX = 20 * 60_000;
const ASK_MS_MAX = 30_000;
const DOWN_MS_MAX = 3 * 60_000;

/** Services that keep running, and the names under which `.run` knows them. */
const SERVICES: readonly (readonly [service: string, name: string])[] = [
  ['kafka', 'kafka'],
  ['registry', 'registry'],
  ['postgres', 'postgres'],
  ['redis', 'redis'],
  ['gateway', 'gateway'],
  ['api', 'ledger'],
  ['writer', 'ledger-2'],
  ['projector', 'ledger-3'],
  ['worker', 'ledger-4'],
];

/** Names, as in `.run`, of what runs. */
export async function composeRunning(settings: UpSettings): Promise<ReadonlySet<string>> {
  const args = ['compose', 'ps', '--services', '--status', 'running'];
  const { stdout } = await run('docker', args, { ...docker(settings), timeoutMs: ASK_MS_MAX });
  const running = new Set(stdout.split('\n').map((line) => line.trim()));
  return new Set(SERVICES.filter(([service]) => running.has(service)).map(([, name]) => name));
}

export async function composeUp(dir: string, settings: UpSettings, passwords: Passwords, note: Note): Promise<void> {
  const settingsFile = join(dir, 'compose.json');
  writeFileSync(settingsFile, override(serviceSettings(process.env)), { mode: 0o600 });
  const before = await composeRunning(settings);
  note('Containers (the first time images are pulled and built) ...');
  // Not --wait: that takes the end of `prepare` for a failure in some releases. Readiness is asked for afterwards.
  const files = ['--file', 'docker-compose.yml', '--file', settingsFile];
  const args = ['compose', ...files, 'up', '--detach', '--build', '--remove-orphans'];
  await run('docker', args, { ...docker(settings, passwords), timeoutMs: UP_MS_MAX });
  for (const [service, name] of SERVICES) {
    const pid = await pidOf(settings, service);
    note(`  ${name.padEnd(9)} runs in container ${service}, pid ${pid}`);
    // Where the engine has a machine of its own the pid means nothing here, and nothing here signals it.
    writePidFile(dir, name, processOf(pid) ?? { pid, birth: 'in the machine of the engine' });
    if (!before.has(name)) await followLog(settings, service, join(dir, `${name}.log`));
  }
}

/** With `clean` the volumes go too. @throws Error with what compose said */
export async function composeDown(settings: UpSettings, clean: boolean, note: Note): Promise<number> {
  const running = await composeRunning(settings);
  const args = ['compose', 'down', '--remove-orphans', ...(clean ? ['--volumes'] : [])];
  const { stderr } = await run('docker', args, { ...docker(settings), timeoutMs: DOWN_MS_MAX });
  if (running.size > 0) note(lastLines(stderr, SERVICES.length * 2));
  return running.size;
}

async function pidOf(settings: UpSettings, service: string): Promise<number> {
  const options = { ...docker(settings), timeoutMs: ASK_MS_MAX };
  const { stdout: id } = await run('docker', ['compose', 'ps', '--quiet', service], options);
  if (id.trim() === '') throw new Error(`Container ${service} does not run; see: docker compose logs ${service}`);
  const { stdout } = await run('docker', ['inspect', '--format', '{{.State.Pid}}', id.trim()], options);
  return Number(stdout);
}

/** Ends by itself with the container. */
async function followLog(settings: UpSettings, service: string, file: string): Promise<void> {
  const log = openSync(file, 'w');
  try {
    const args = ['compose', 'logs', '--follow', '--no-color', '--no-log-prefix', service];
    const child = spawn('docker', args, { ...docker(settings), detached: true, stdio: ['ignore', log, log] });
    await once(child, 'spawn');
    child.unref();
  } finally {
    closeSync(log);
  }
}

/** Docker's own client reads its settings from the caller's environment; ports and passwords are ours. */
function docker(settings: UpSettings, passwords?: Passwords): { env: NodeJS.ProcessEnv; cwd: string } {
  const { ports, processes } = settings;
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    [portSettings.kafka.variable]: String(ports.kafka),
    [portSettings.registry.variable]: String(ports.registry),
    [portSettings.postgres.variable]: String(ports.postgres),
    [portSettings.redis.variable]: String(ports.redis),
    [portSettings.gateway.variable]: String(ports.gateway),
    PORT: String(processes[0]?.port ?? ''),
  };
  if (passwords !== undefined) {
    env['LEDGER_STACK_POSTGRES_PASSWORD'] = passwords.postgres;
    env['LEDGER_STACK_POSTGRES_LEDGER_PASSWORD'] = passwords.ledger;
    env['LEDGER_STACK_POSTGRES_READONLY_PASSWORD'] = passwords.ledger_readonly;
    env['LEDGER_STACK_GATEWAY_SECRET'] = passwords.gateway;
  }
  return { env, cwd: root };
}

/** What of the caller's environment reaches the service: its settings, but nothing that is meant for clients or for us. */
export function serviceSettings(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const wanted = Object.entries(env).filter(
    ([name]) =>
      name === 'LOG_LEVEL' ||
      (name.startsWith('LEDGER_') &&
        !name.startsWith('LEDGER_STACK_') &&
        !['LEDGER_URL', 'LEDGER_API_KEY', 'LEDGER_GATEWAY_URL', 'LEDGER_GATEWAY_SECRET'].includes(name)),
  );
  return Object.fromEntries(wanted.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}

/** A second compose file, for what only this machine's caller wants; JSON is YAML. */
function override(environment: Record<string, string>): string {
  const services = ['prepare', 'api', 'writer', 'projector', 'worker'].map(
    (service) => [service, { environment }] as const,
  );
  // Compose would take a dollar sign in a value for a variable.
  return JSON.stringify({ services: Object.fromEntries(services) }, null, 2).replaceAll('$', '$$$$');
}
