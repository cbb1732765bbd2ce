// What clients need to know of a stack, and the shell syntax in which it is written down.
import type { Passwords, Ports } from './server.ts';

export interface StackEnv {
  readonly KAFKA_BROKERS: string;
  readonly SCHEMA_REGISTRY_URL: string;
  readonly DATABASE_URL: string;
  /** A role that may log in and read what `ledger prepare` grants it, and change nothing. */
  readonly DATABASE_URL_READONLY: string;
  readonly REDIS_URL: string;
  readonly LEDGER_GATEWAY_URL: string;
  /** Signs the gateway's answers. */
  readonly LEDGER_GATEWAY_SECRET: string;
}

export function envOf(ports: Ports, passwords: Passwords): StackEnv {
  return {
    KAFKA_BROKERS: `127.0.0.1:${ports.kafka}`,
    SCHEMA_REGISTRY_URL: registryUrl(ports),
    DATABASE_URL: urlOf(ports, passwords, 'ledger', 'ledger'),
    DATABASE_URL_READONLY: urlOf(ports, passwords, 'ledger_readonly', 'ledger'),
    REDIS_URL: `redis://127.0.0.1:${ports.redis}`,
    LEDGER_GATEWAY_URL: `http://127.0.0.1:${ports.gateway}`,
    LEDGER_GATEWAY_SECRET: passwords.gateway,
  };
}

export function urlOf(
  ports: Pick<Ports, 'postgres'>,
  passwords: Passwords,
  role: Exclude<keyof Passwords, 'gateway'>,
  database: string,
): string {
  return `postgres://${role}:${passwords[role]}@127.0.0.1:${ports.postgres}/${database}`;
}

export function registryUrl(ports: Pick<Ports, 'registry'>): string {
  return `http://127.0.0.1:${ports.registry}/apis/ccompat/v7`;
}

/** Lines that a shell can read, and so can whoever only splits at the first equals sign. */
export function shellLines(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${quoted(value)}\n`)
    .join('');
}

function quoted(value: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]*$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
