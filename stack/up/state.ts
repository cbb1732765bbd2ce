// What the last `make up` chose, so that the next one finds what still runs, and `make down` knows whom to ask.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runningIn } from '../pid-files.ts';
import { SERVER_NAMES } from '../server.ts';
import type { Provider } from '../stack.ts';
import type { UpSettings } from './settings.ts';
import { PORT_NAMES, httpPortSetting, portSettings } from './settings.ts';

export interface UpState {
  readonly provider: Provider;
  readonly settings: UpSettings;
}

/** Nothing where there was no `make up` yet. */
export function stateIn(dir: string): UpState | undefined {
  const file = fileIn(dir);
  // Only `remember` writes it.
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as UpState) : undefined;
}

export function remember(dir: string, provider: Provider, settings: UpSettings): void {
  const state: UpState = { provider, settings };
  writeFileSync(fileIn(dir), `${JSON.stringify(state, null, 2)}\n`);
}

/** Names of what runs as a plain process. A ledger whose supervisor lives is taken for running: it will be again. */
export function namesRunning(dir: string, settings: UpSettings): ReadonlySet<string> {
  const ledgers = settings.processes.map(({ name }) => name);
  const names = [...SERVER_NAMES, ...ledgers].filter((name) => runningIn(dir, name) !== undefined);
  return new Set([...names, ...(runningIn(dir, 'supervisor') === undefined ? [] : ledgers)]);
}

export interface Choice {
  readonly last: UpState | undefined;
  readonly running: ReadonlySet<string>;
  readonly provider: Provider;
  readonly wanted: UpSettings;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * While anything of the last time runs, its settings go on holding unless the caller names others.
 * @throws Error where the caller names others than those that are in use
 */
export function keepRunning({ last, running, provider, wanted, env }: Choice): UpSettings {
  if (last === undefined || running.size === 0) return wanted;
  const named = (variable: string): boolean => (env[variable] ?? '') !== '';
  const ports = PORT_NAMES.filter(
    (name) => named(portSettings[name].variable) && wanted.ports[name] !== last.settings.ports[name],
  ).map((name) => `${portSettings[name].variable} (now ${last.settings.ports[name]})`);
  const others = [
    ...(named(httpPortSetting.variable) && wanted.url !== last.settings.url ? [`PORT (now ${last.settings.url})`] : []),
    ...(provider === last.provider ? [] : [`LEDGER_STACK_PROVIDER (now ${last.provider})`]),
  ];
  const clashes = [...ports, ...others];
  // The last time may have been before there was a gateway.
  if (clashes.length === 0) return { ...last.settings, ports: { ...wanted.ports, ...last.settings.ports } };
  throw new Error(`What runs was started with other settings: ${clashes.join(', ')}. Run make down first.`);
}

function fileIn(dir: string): string {
  return join(dir, 'up.json');
}
