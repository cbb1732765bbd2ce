// The stack in containers, by Testcontainers: the same servers, versions, ports and answers as the native one.
// Its reaper removes the containers when this process dies.
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StartedNetwork, StartedTestContainer } from 'testcontainers';
import { GenericContainer, Network, Wait, getContainerRuntimeClient } from 'testcontainers';
import {
  gatewayContainer,
  kafkaContainer,
  postgresContainer,
  redisContainer,
  registryContainer,
} from './container-settings.ts';
import type { ContainerSettings } from './container-settings.ts';
import type { StackEnv } from './environment.ts';
import { envOf } from './environment.ts';
import type { Folders } from './folders.ts';
import { makeFolders, passwordsIn } from './folders.ts';
import { choosePorts } from './native.ts';
import type { Passwords, Ports, ServerName } from './server.ts';
import { ENDINGS, SERVER_NAMES } from './server.ts';
import { definitions } from './servers/all.ts';
import type { Stack, StackOptions } from './stack.ts';
import { waitFor } from './wait.ts';

const PULL_MS_MAX = 10 * 60_000;
/** What the gateway's program consists of. */
const GATEWAY_SOURCES = ['package.json', 'node_modules', 'stack/gateway'];

export async function startContainers(options: StackOptions): Promise<Stack> {
  const temporary = options.dir === undefined;
  const folders = await makeFolders(options.dir ?? (await mkdtemp(join(tmpdir(), 'ledger-stack-'))));
  const ports = options.ports ?? (await choosePorts());
  const network = await new Network().start();
  const stack = new ContainerStack(folders, ports, await passwordsIn(folders), network, temporary);
  try {
    await stack.startAll(options.servers ?? SERVER_NAMES);
    return stack;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

class ContainerStack implements Stack {
  readonly provider = 'containers';
  readonly dir: string;
  readonly ports: Ports;
  readonly env: StackEnv;
  readonly #folders: Folders;
  readonly #passwords: Passwords;
  readonly #network: StartedNetwork;
  readonly #temporary: boolean;
  readonly #containers = new Map<ServerName, StartedTestContainer>();
  readonly #pids = new Map<ServerName, number>();
  #stopping: Promise<void> | undefined;

  constructor(folders: Folders, ports: Ports, passwords: Passwords, network: StartedNetwork, temporary: boolean) {
    this.dir = folders.dir;
    this.ports = ports;
    this.env = envOf(ports, passwords);
    this.#folders = folders;
    this.#passwords = passwords;
    this.#network = network;
    this.#temporary = temporary;
  }

  async startAll(names: readonly ServerName[]): Promise<void> {
    const create = (name: ServerName): Promise<void> => (names.includes(name) ? this.#create(name) : Promise.resolve());
    const results = await Promise.allSettled([
      create('kafka').then(() => create('registry')),
      create('postgres'),
      create('redis'),
      create('gateway'),
    ]);
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }

  pid(name: ServerName): number | undefined {
    return this.#pids.get(name);
  }

  async kill(name: ServerName): Promise<void> {
    await (await this.#handle(name)).kill({ signal: 'SIGKILL' });
    this.#pids.delete(name);
  }

  async terminate(name: ServerName): Promise<void> {
    await (await this.#handle(name)).stop({ t: ENDINGS[name].stopMsMax / 1_000 });
    this.#pids.delete(name);
  }

  async start(name: ServerName): Promise<void> {
    if (this.#stopping !== undefined) throw new Error('the stack was stopped');
    if (this.#pids.has(name)) return;
    await (await this.#handle(name)).start();
    await this.#answered(name);
  }

  async pause(name: ServerName): Promise<void> {
    await (await this.#handle(name)).pause();
  }

  async resume(name: ServerName): Promise<void> {
    await (await this.#handle(name)).unpause();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    await Promise.all([...this.#containers.values()].map((container) => container.stop({ timeout: 0, remove: true })));
    await this.#network.stop();
    if (this.#temporary) await rm(this.dir, { recursive: true, force: true });
  }

  async #create(name: ServerName): Promise<void> {
    const settings = this.#settings(name);
    const log = createWriteStream(this.#folders.log(name), { flags: 'a' });
    const container = await new GenericContainer(settings.image)
      .withNetwork(this.#network)
      .withNetworkAliases(name)
      .withEnvironment({ ...settings.environment })
      .withCommand([...settings.command])
      .withBindMounts(name === 'gateway' ? GATEWAY_SOURCES.map(mounted) : [])
      .withExposedPorts({ container: settings.containerPort, host: this.ports[name] })
      .withLogConsumer((stream) => stream.pipe(log))
      .withWaitStrategy(Wait.forListeningPorts())
      .withStartupTimeout(PULL_MS_MAX)
      .start();
    this.#containers.set(name, container);
    await this.#answered(name);
  }

  async #answered(name: ServerName): Promise<void> {
    const { probe, startMsMax } = definitions[name];
    const context = { ports: this.ports, passwords: this.#passwords };
    await waitFor(`an answer of ${name}`, () => probe(context), { deadlineMs: startMsMax });
    this.#pids.set(name, (await (await this.#handle(name)).inspect()).State.Pid);
  }

  #settings(name: ServerName): ContainerSettings {
    switch (name) {
      case 'kafka':
        return kafkaContainer(this.ports.kafka);
      case 'registry':
        return registryContainer();
      case 'postgres':
        return postgresContainer(this.#passwords);
      case 'redis':
        return redisContainer();
      case 'gateway':
        return gatewayContainer(this.#passwords);
    }
  }

  async #handle(name: ServerName) {
    const container = this.#containers.get(name);
    if (container === undefined) throw new Error(`${name} is not part of this stack`);
    return (await getContainerRuntimeClient()).container.getById(container.getId());
  }
}

function mounted(path: string): { source: string; target: string; mode: 'ro' } {
  return { source: fileURLToPath(new URL(`../${path}`, import.meta.url)), target: `/app/${path}`, mode: 'ro' };
}
