// Postgres with durable commits. Logins are by password even on the loopback, since everybody on the machine can
// reach it and it holds the hashes of keys and passwords.
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { urlOf } from '../environment.ts';
import { run } from '../run.ts';
import type { Passwords, Ports, ServerContext, ServerDefinition } from '../server.ts';

const INITDB_MS_MAX = 60_000;
const PROBE_MS_MAX = 2_000;
/** Postgres refuses to run as root; this is nobody's id on every system. */
export const UNPRIVILEGED_ID = 65_534;
const isRoot = process.getuid?.() === 0;
const identity = isRoot ? { uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID } : {};

/** The same order of text on every machine. */
export const LOCALE_FLAGS = [
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
] as const;

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  // The path of a socket file may not exceed about 100 characters, which a temporary folder can.
  unix_socket_directories: '',
  fsync: 'on',
  synchronous_commit: 'on',
  max_connections: 200,
  shared_buffers: '128MB',
  max_wal_size: '1GB',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

export const postgres: ServerDefinition = {
  name: 'postgres',
  prepare,
  command: ({ home, ports, dataDir }) => ({
    file: join(home.postgresBin, 'postgres'),
    args: [
      '-D',
      join(dataDir, 'cluster'),
      ...Object.entries({ port: ports.postgres, ...SETTINGS }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    ...identity,
  }),
  probe: async (context) => {
    await query(urlOf(context.ports, context.passwords, 'postgres', 'postgres'), ['SELECT 1']);
    await ensureRoles(context.ports, context.passwords);
  },
  startMsMax: 60_000,
  // After a kill -9 the old backends need a moment to notice that their parent is gone.
  startAgain: /pre-existing shared memory block|lock file "postmaster\.pid" already exists/,
};

async function prepare({ home, dataDir, passwords }: ServerContext): Promise<void> {
  const cluster = join(dataDir, 'cluster');
  if (existsSync(cluster)) return;
  if (isRoot) {
    await chmod(dataDir, 0o711);
  }
  // A half-made cluster of an interrupted start never gets the name of a whole one.
  const fresh = join(dataDir, 'cluster.new');
  const passwordFile = join(dataDir, 'initdb-password');
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  await writeFile(passwordFile, passwords.postgres, { mode: 0o600 });
  if (isRoot) {
    await chown(fresh, UNPRIVILEGED_ID, UNPRIVILEGED_ID);
    await chown(passwordFile, UNPRIVILEGED_ID, UNPRIVILEGED_ID);
  }
  const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  try {
    await run(join(home.postgresBin, 'initdb'), ['-D', fresh, ...LOCALE_FLAGS, ...access], {
      timeoutMs: INITDB_MS_MAX,
      ...identity,
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(fresh, cluster);
}

/** The ledger's role owns its database and may make others (tests do); the other one may log in and no more. */
export async function ensureRoles(ports: Pick<Ports, 'postgres'>, passwords: Passwords): Promise<void> {
  const admin = urlOf(ports, passwords, 'postgres', 'postgres');
  const known = await query(admin, [
    "SELECT 1 FROM pg_roles, pg_database WHERE rolname = 'ledger_readonly' AND datname = 'ledger'",
  ]);
  if (known > 0) return;
  const role = (name: keyof Passwords, rights: string): string =>
    `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${name}') THEN
       CREATE ROLE ${name} LOGIN ${rights} PASSWORD '${passwords[name]}'; END IF; END $$`;
  await query(admin, [
    role('ledger', 'CREATEDB'),
    role('ledger_readonly', ''),
    'ALTER ROLE ledger_readonly SET default_transaction_read_only = on',
    // Its default can be switched off by whoever has the role, so what it must not do is not granted either.
    'REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC',
  ]);
  // Databases are copied from this one, rights included.
  await query(urlOf(ports, passwords, 'postgres', 'template1'), [
    'REVOKE EXECUTE ON FUNCTION lo_create(oid), lo_creat(integer), lo_from_bytea(oid, bytea) FROM PUBLIC',
  ]);
  const exists = await query(admin, ["SELECT 1 FROM pg_database WHERE datname = 'ledger'"]);
  if (exists === 0) await query(admin, ['CREATE DATABASE ledger OWNER ledger']);
}

/** Runs the statements on one connection; answers the number of rows of the last. */
async function query(url: string, statements: readonly string[]): Promise<number> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: PROBE_MS_MAX,
    query_timeout: PROBE_MS_MAX * 5,
    application_name: 'stack-probe',
  });
  // A server that goes away between two statements is reported by the statement; the event would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    let rows = 0;
    for (const statement of statements) rows = (await client.query(statement)).rowCount ?? 0;
    return rows;
  } finally {
    await client.end();
  }
}
