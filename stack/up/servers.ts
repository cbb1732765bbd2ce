// The four servers of `make up` as processes that outlive it: what runs stays, what died is started again.
import { archiveFlags, ensureArchives } from '../archives.ts';
import { fetchServers } from '../fetch.ts';
import type { Folders } from '../folders.ts';
import { launch } from '../launch.ts';
import { removePidFile, runningIn, writePidFile } from '../pid-files.ts';
import { isFree, portOwner, takenPortMessage } from '../ports.ts';
import type { Passwords, Ports, ServerContext, ServerName } from '../server.ts';
import { SERVER_NAMES } from '../server.ts';
import { definitions } from '../servers/all.ts';
import { waitFor } from '../wait.ts';
import type { Provider } from '../stack.ts';
import type { UpSettings } from './settings.ts';
import { httpPortSetting, portSettings } from './settings.ts';

type Note = (line: string) => void;

export interface Wanted {
  readonly port: number;
  readonly what: string;
  readonly variable: string;
}

export async function startServers(folders: Folders, ports: Ports, passwords: Passwords, note: Note): Promise<void> {
  const home = await fetchServers(note);
  await ensureArchives(home, note);
  const start = async (name: ServerName): Promise<void> => {
    const context = { home, ports, passwords, dataDir: folders.data(name), javaFlags: archiveFlags(home, name) };
    await startOrKeep(name, context, folders, note);
  };
  const results = await Promise.allSettled([
    start('kafka').then(() => start('registry')),
    start('postgres'),
    start('redis'),
    start('gateway'),
  ]);
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures);
}

async function startOrKeep(name: ServerName, context: ServerContext, folders: Folders, note: Note): Promise<void> {
  const definition = definitions[name];
  const running = runningIn(folders.dir, name);
  if (running !== undefined) {
    const what = `an answer of ${name}, which runs as process ${running.pid},`;
    await waitFor(what, () => definition.probe(context), { deadlineMs: definition.startMsMax });
    note(`  ${name.padEnd(9)} runs already, pid ${running.pid}`);
    return;
  }
  const startedAt = performance.now();
  try {
    const id = await launch(definition, context, {
      logFile: folders.log(name),
      onSpawn: (spawned) => writePidFile(folders.dir, name, spawned),
    });
    note(`  ${name.padEnd(9)} up after ${((performance.now() - startedAt) / 1000).toFixed(1)} s, pid ${id.pid}`);
  } catch (error) {
    removePidFile(folders.dir, name);
    throw error;
  }
}

/** The ports of what does not run yet. Several processes of the ledger, and Kafka's controller, need none in containers. */
export function wantedPorts(provider: Provider, running: ReadonlySet<string>, settings: UpSettings): Wanted[] {
  const native = provider === 'native';
  const servers = SERVER_NAMES.filter((name) => !running.has(name)).flatMap((name): (keyof Ports)[] =>
    name === 'kafka' && native ? ['kafka', 'kafkaController'] : [name],
  );
  const ledgers = settings.processes.filter(({ name }, index) => !running.has(name) && (native || index === 0));
  return [
    ...servers.map((name) => ({ ...portSettings[name], port: settings.ports[name] })),
    ...ledgers.map(({ port }) => ({ ...httpPortSetting, port })),
  ];
}

/** @throws Error naming every port that somebody else has, and who that is */
export async function checkPorts(wanted: readonly Wanted[]): Promise<void> {
  const free = await Promise.all(wanted.map(({ port }) => isFree(port)));
  const taken = wanted.filter((_, index) => free[index] === false);
  if (taken.length === 0) return;
  throw new Error(
    taken.map(({ port, what, variable }) => takenPortMessage(what, port, variable, portOwner(port))).join('\n'),
  );
}
