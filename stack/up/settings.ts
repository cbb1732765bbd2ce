// What `make up` takes from the environment: ports of its own, how many processes, and what reaches the service.
import { fileURLToPath } from 'node:url';
import type { StackEnv } from '../environment.ts';
import type { Ports } from '../server.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const runDir = fileURLToPath(new URL('../../.run', import.meta.url));

/** The service promises to leave within this time. */
export const LEDGER_STOP_MS_MAX = 10_000;

const PORT_MAX = 65_535;

/** Where each port comes from, and what it is when nothing is said. */
export const portSettings: Readonly<Record<keyof Ports, { variable: string; fallback: number; what: string }>> = {
  kafka: { variable: 'LEDGER_STACK_KAFKA_PORT', fallback: 9092, what: 'Kafka' },
  kafkaController: { variable: 'LEDGER_STACK_KAFKA_CONTROLLER_PORT', fallback: 9093, what: "Kafka's controller" },
  registry: { variable: 'LEDGER_STACK_REGISTRY_PORT', fallback: 8081, what: 'the schema registry' },
  postgres: { variable: 'LEDGER_STACK_POSTGRES_PORT', fallback: 5432, what: 'Postgres' },
  redis: { variable: 'LEDGER_STACK_REDIS_PORT', fallback: 6379, what: 'Redis' },
  gateway: { variable: 'LEDGER_STACK_GATEWAY_PORT', fallback: 8090, what: 'the payment gateway' },
};
export const PORT_NAMES: readonly (keyof Ports)[] = [
  'kafka',
  'kafkaController',
  'registry',
  'postgres',
  'redis',
  'gateway',
];
export const httpPortSetting = { variable: 'PORT', fallback: 3000, what: 'the ledger' } as const;

/** One process of the ledger that is kept up. */
export interface LedgerProcess {
  /** ledger, ledger-2, …: the name of its pid file and its log. */
  readonly name: string;
  readonly args: readonly string[];
  readonly port: number;
}

export interface UpSettings {
  readonly ports: Ports;
  readonly url: string;
  readonly processes: readonly LedgerProcess[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws Error naming every variable that is wrong */
export function readSettings(env: Environment): UpSettings {
  const faults: string[] = [];
  const port = ({ variable, fallback }: { variable: string; fallback: number }): number => {
    const text = env[variable] ?? '';
    const value = text === '' ? fallback : Number(text);
    if (Number.isSafeInteger(value) && value >= 1 && value <= PORT_MAX) return value;
    faults.push(`${variable} must be a port from 1 to ${PORT_MAX}, not ${text}`);
    return fallback;
  };
  const ports: Ports = {
    kafka: port(portSettings.kafka),
    kafkaController: port(portSettings.kafkaController),
    registry: port(portSettings.registry),
    postgres: port(portSettings.postgres),
    redis: port(portSettings.redis),
    gateway: port(portSettings.gateway),
  };
  const http = port(httpPortSetting);
  const processes = processesFrom(env['LEDGER_STACK_ROLES'] ?? '', http);
  const all = [...PORT_NAMES.map((name) => ports[name]), ...processes.map((one) => one.port)];
  for (const twice of new Set(all.filter((one, index) => all.indexOf(one) !== index))) {
    faults.push(`port ${twice} is wanted twice`);
  }
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return { ports, url: `http://${reachable(env['HOST'] ?? '')}:${http}`, processes };
}

/**
 * One process for each list of roles: `api,writer;projector` makes two. The first has PORT, the others the ports after
 * it, for health and metrics.
 */
function processesFrom(text: string, port: number): LedgerProcess[] {
  const lists = text.split(';').map((list) => list.trim());
  return lists.map((roles, index) => ({
    name: index === 0 ? 'ledger' : `ledger-${index + 1}`,
    args: roles === '' ? ['serve'] : ['serve', '--roles', roles],
    port: port + index,
  }));
}

/** The address under which a client on this machine finds a service that listens on `host`. */
function reachable(host: string): string {
  if (host === '' || host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

/** The caller's environment with our servers in it; what is meant for clients stays out. */
export function serviceEnvironment(env: NodeJS.ProcessEnv, stack: StackEnv): NodeJS.ProcessEnv {
  const { LEDGER_URL: _url, LEDGER_API_KEY: _key, ...rest } = env;
  return { NODE_ENV: 'production', ...rest, ...stack };
}
