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

/**
 * While anything of the last time runs, its ports go on holding unless the caller names others.
 * @throws Error where the caller names others than those that are in use
 */
export function keepRunning(
  dir: string,
  provider: Provider,
  wanted: UpSettings,
  env: Readonly<Record<string, string | undefined>>,
): UpSettings {
  const last = stateIn(dir);
  if (last === undefined || !runsAnything(dir, last)) return wanted;
  const named = (variable: string): boolean => (env[variable] ?? '') !== '';
  const clashes = [
    ...PORT_NAMES.filter(
      (name) => named(portSettings[name].variable) && wanted.ports[name] !== last.settings.ports[name],
    ).map((name) => `${portSettings[name].variable} (now ${last.settings.ports[name]})`),
    ...(named(httpPortSetting.variable) && wanted.url !== last.settings.url ? [`PORT (now ${last.settings.url})`] : []),
    ...(provider === last.provider ? [] : [`LEDGER_STACK_PROVIDER (now ${last.provider})`]),
  ];
  if (clashes.length > 0) {
    throw new Error(`What runs was started with other settings: ${clashes.join(', ')}. Run make down first.`);
  }
  return last.settings;
}

export function runsAnything(dir: string, state: UpState): boolean {
  const names = [...SERVER_NAMES, 'supervisor', ...state.settings.processes.map(({ name }) => name)];
  return names.some((name) => runningIn(dir, name) !== undefined);
}

function fileIn(dir: string): string {
  return join(dir, 'up.json');
}
