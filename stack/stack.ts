// A whole stack of real servers for tests and developers: Kafka, schema registry, Postgres, Redis and the
// simulated payment gateway.
//
//   const stack = await startStack();                 // free ports, temporary folder, about 5 s
//   stack.env.KAFKA_BROKERS; await stack.kill('kafka'); await stack.start('kafka'); await stack.stop();
//
// From a shell: node stack/dev.ts --dir /tmp/x (prints the environment, runs until it is interrupted).
import { containersAnswer } from './docker.ts';
import type { StackEnv } from './environment.ts';
import { startNative } from './native.ts';
import type { Ports, ServerName } from './server.ts';

export type { StackEnv } from './environment.ts';
export type { Ports, ServerName } from './server.ts';

export type Provider = 'native' | 'containers';

export interface StackOptions {
  /** Where data and logs go, and stay. Without it a temporary folder that stop() removes. */
  readonly dir?: string;
  /** Default: free ones. */
  readonly ports?: Ports;
  /** Default: containers where a Docker engine answers, else native. LEDGER_STACK_PROVIDER overrides the default. */
  readonly provider?: Provider;
  /** Default: all five. The registry needs kafka. */
  readonly servers?: readonly ServerName[];
  /** Hears what takes long (fetching the servers). Default: standard error. */
  readonly note?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Servers and their ends. It does not keep the process alive; when the process dies, the servers are ended too. */
export interface Stack {
  readonly provider: Provider;
  readonly dir: string;
  readonly ports: Ports;
  readonly env: StackEnv;
  /** Of the server process itself; undefined while it does not run. */
  pid(name: ServerName): number | undefined;
  /** kill -9, and waits until it and its children are gone. */
  kill(name: ServerName): Promise<void>;
  /** Ends it in order and waits. */
  terminate(name: ServerName): Promise<void>;
  /** Starts it again, on the same port and data, and waits until it answers. Nothing happens when it runs. */
  start(name: ServerName): Promise<void>;
  /** SIGSTOP to it and its children. */
  pause(name: ServerName): Promise<void>;
  resume(name: ServerName): Promise<void>;
  /** Ends all servers; at once where the data is thrown away, in order where it is kept. May be called twice. */
  stop(): Promise<void>;
}

/** @throws Error naming missing tools, or the server that did not start with the end of its log */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const provider = options.provider ?? (await defaultProvider());
  if (provider === 'native') return startNative(options);
  const { startContainers } = await import('./containers.ts');
  return startContainers(options);
}

export async function defaultProvider(): Promise<Provider> {
  const chosen = process.env['LEDGER_STACK_PROVIDER'];
  if (chosen === 'native' || chosen === 'containers') return chosen;
  if (chosen !== undefined && chosen !== '') throw new Error('LEDGER_STACK_PROVIDER must be native or containers');
  return (await containersAnswer()) ? 'containers' : 'native';
}
