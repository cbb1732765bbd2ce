// What a server of the local stack is: how to lay out its data, how to run it, how to ask whether it answers.
// The five definitions are in stack/servers; native.ts, up.ts and the tests all use these.
import type { ServersHome } from './fetch.ts';

export const SERVER_NAMES = ['kafka', 'registry', 'postgres', 'redis', 'gateway'] as const;
export type ServerName = (typeof SERVER_NAMES)[number];

export interface Ports {
  readonly kafka: number;
  readonly kafkaController: number;
  readonly registry: number;
  readonly postgres: number;
  readonly redis: number;
  readonly gateway: number;
}

/** Passwords of the three Postgres roles and the secret that signs the gateway's answers; made once, kept beside the data. */
export interface Passwords {
  readonly postgres: string;
  readonly ledger: string;
  readonly ledger_readonly: string;
  readonly gateway: string;
}

export interface ServerContext {
  readonly home: ServersHome;
  readonly ports: Ports;
  readonly passwords: Passwords;
  /** Folder of this server alone; made before `prepare`. */
  readonly dataDir: string;
  readonly javaFlags: readonly string[];
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
}

export interface ServerDefinition {
  readonly name: ServerName;
  readonly prepare: (context: ServerContext) => Promise<void>;
  readonly command: (context: ServerContext) => Command;
  /** One question to the server; throws while it does not answer. */
  readonly probe: (context: Pick<ServerContext, 'ports' | 'passwords'>) => Promise<void>;
  readonly startMsMax: number;
  /** A start that ended with this in its log is worth another try. */
  readonly startAgain?: RegExp;
}

export interface Ending {
  /** Asks it to leave in order. */
  readonly stop: NodeJS.Signals;
  /** Ends it at once, where its data is thrown away anyway. */
  readonly abort: NodeJS.Signals;
  readonly stopMsMax: number;
}

/** How each is ended. Apart from the definitions, so that `make down` needs no packages. */
export const ENDINGS: Readonly<Record<ServerName, Ending>> = {
  kafka: { stop: 'SIGTERM', abort: 'SIGKILL', stopMsMax: 20_000 },
  registry: { stop: 'SIGTERM', abort: 'SIGKILL', stopMsMax: 10_000 },
  // SIGTERM would wait until the last client left; SIGKILL would leave its shared memory behind.
  postgres: { stop: 'SIGINT', abort: 'SIGQUIT', stopMsMax: 30_000 },
  redis: { stop: 'SIGTERM', abort: 'SIGKILL', stopMsMax: 10_000 },
  gateway: { stop: 'SIGTERM', abort: 'SIGKILL', stopMsMax: 5_000 },
};
