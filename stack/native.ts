// The stack as child processes of this one.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archiveFlags, ensureArchives } from './archives.ts';
import type { StackEnv } from './environment.ts';
import { envOf } from './environment.ts';
import type { ServersHome } from './fetch.ts';
import { fetchServers } from './fetch.ts';
import type { Folders } from './folders.ts';
import { makeFolders, passwordsIn } from './folders.ts';
import { Guard } from './guarded.ts';
import { launch } from './launch.ts';
import { freePorts } from './ports.ts';
import type { ProcessId } from './processes.ts';
import { childrenOf, endProcess, isAlive, signal } from './processes.ts';
import type { Passwords, Ports, ServerName } from './server.ts';
import { ENDINGS, SERVER_NAMES } from './server.ts';
import { definitions } from './servers/all.ts';
import type { Stack, StackOptions } from './stack.ts';
import { waitUntil } from './wait.ts';

const CHILDREN_GONE_MS_MAX = 10_000;
const PORT_COUNT = 6;

export interface NativeSetup {
  readonly home: ServersHome;
  readonly folders: Folders;
  readonly ports: Ports;
  readonly passwords: Passwords;
  readonly javaFlags: (name: ServerName) => readonly string[];
  /** Whether the folders are removed at the end. */
  readonly temporary: boolean;
}

export async function startNative(options: StackOptions): Promise<Stack> {
  const note = options.note ?? ((line: string) => void process.stderr.write(`${line}\n`));
  const home = await fetchServers(note);
  await ensureArchives(home, note);
  return startWith(home, options, (name) => archiveFlags(home, name));
}

/** The stack on programs that are there already. */
export async function startWith(
  home: ServersHome,
  options: StackOptions,
  javaFlags: NativeSetup['javaFlags'],
): Promise<Stack> {
  const temporary = options.dir === undefined;
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'ledger-stack-')));
  const folders = await makeFolders(dir);
  const ports = options.ports ?? (await choosePorts());
  const stack = new NativeStack({ home, folders, ports, passwords: await passwordsIn(folders), javaFlags, temporary });
  try {
    await stack.startAll(options.servers ?? SERVER_NAMES, options.signal);
    return stack;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

export async function choosePorts(): Promise<Ports> {
  const [kafka = 0, kafkaController = 0, registry = 0, postgres = 0, redis = 0, gateway = 0] =
    await freePorts(PORT_COUNT);
  return { kafka, kafkaController, registry, postgres, redis, gateway };
}

class NativeStack implements Stack {
  readonly provider = 'native';
  readonly dir: string;
  readonly ports: Ports;
  readonly env: StackEnv;
  readonly #setup: NativeSetup;
  readonly #running = new Map<ServerName, ProcessId>();
  readonly #guard = new Guard();
  #stopping: Promise<void> | undefined;

  constructor(setup: NativeSetup) {
    this.dir = setup.folders.dir;
    this.ports = setup.ports;
    this.env = envOf(setup.ports, setup.passwords);
    this.#setup = setup;
    if (!setup.temporary) return;
    for (const path of [this.dir, ...setup.folders.elsewhere]) this.#guard.tell({ kind: 'folder', path });
  }

  /** All at once, the registry as soon as Kafka answers. When one fails the others are waited for, so that none is lost. */
  async startAll(names: readonly ServerName[], signal?: AbortSignal): Promise<void> {
    const first = names
      .filter((name) => name !== 'registry')
      .map((name) => ({ name, done: this.#launch(name, signal) }));
    const kafka = first.find(({ name }) => name === 'kafka')?.done;
    const second = names.includes('registry')
      ? [Promise.resolve(kafka).then(() => this.#launch('registry', signal))]
      : [];
    const results = await Promise.allSettled([...first.map(({ done }) => done), ...second]);
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }

  pid(name: ServerName): number | undefined {
    const id = this.#running.get(name);
    return id !== undefined && isAlive(id) ? id.pid : undefined;
  }

  async kill(name: ServerName): Promise<void> {
    await this.#end(name, 'SIGKILL', 0);
  }

  async terminate(name: ServerName): Promise<void> {
    await this.#end(name, ENDINGS[name].stop, ENDINGS[name].stopMsMax);
  }

  async start(name: ServerName): Promise<void> {
    if (this.#stopping !== undefined) throw new Error('the stack was stopped');
    if (this.pid(name) === undefined) await this.#launch(name);
  }

  async pause(name: ServerName): Promise<void> {
    this.#signalAll(name, 'SIGSTOP');
  }

  async resume(name: ServerName): Promise<void> {
    this.#signalAll(name, 'SIGCONT');
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const { temporary, folders } = this.#setup;
    const end = (name: ServerName): Promise<void> =>
      temporary ? this.#end(name, ENDINGS[name].abort, ENDINGS[name].stopMsMax) : this.terminate(name);
    try {
      // The registry writes to Kafka while it leaves.
      if (!temporary) await end('registry');
      await Promise.all(SERVER_NAMES.map(end));
      if (!temporary) return;
      for (const path of [this.dir, ...folders.elsewhere]) await rm(path, { recursive: true, force: true });
    } finally {
      await this.#guard.dismiss();
    }
  }

  async #launch(name: ServerName, signal?: AbortSignal): Promise<void> {
    const { home, folders, ports, passwords, javaFlags } = this.#setup;
    const definition = definitions[name];
    const context = { home, ports, passwords, dataDir: folders.data(name), javaFlags: javaFlags(name) };
    const onSpawn = (id: ProcessId): void => {
      this.#running.set(name, id);
      this.#guard.tell({ kind: 'process', ...id, signal: ENDINGS[name].abort });
    };
    await launch(definition, context, {
      logFile: folders.log(name),
      onSpawn,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async #end(name: ServerName, ask: NodeJS.Signals, graceMs: number): Promise<void> {
    const id = this.#running.get(name);
    if (id === undefined) return;
    const children = childrenOf(id.pid);
    await endProcess(id, ask, graceMs);
    const left = (): boolean => children.every((child) => !isAlive(child));
    await waitUntil(`the end of the children of ${name}`, left, { deadlineMs: CHILDREN_GONE_MS_MAX, everyMs: 10 });
    this.#running.delete(name);
    this.#guard.tell({ kind: 'gone', pid: id.pid });
  }

  #signalAll(name: ServerName, what: NodeJS.Signals): void {
    const id = this.#running.get(name);
    if (id === undefined || !signal(id, what)) throw new Error(`${name} does not run`);
    for (const child of childrenOf(id.pid)) signal(child, what);
  }
}
