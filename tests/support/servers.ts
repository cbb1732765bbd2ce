// What tests on real servers share: where the servers are, names and databases of their own, and the one way to wait.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

export interface Servers {
  readonly kafkaBrokers: readonly string[];
  readonly schemaRegistryUrl: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

const pollMsMin = 5;
const pollMsMax = 100;
const connectMsMax = 5_000;
const statementMsMax = 20_000;

/** The servers that the global setup started. @throws Error naming the variable that is missing */
export function servers(): Servers {
  return {
    kafkaBrokers: required('KAFKA_BROKERS').split(','),
    schemaRegistryUrl: required('SCHEMA_REGISTRY_URL'),
    databaseUrl: required('DATABASE_URL'),
    redisUrl: required('REDIS_URL'),
  };
}

/** A topic prefix (also good for keys and groups) that no other test file and no earlier run uses. */
export function uniquePrefix(name: string): string {
  return `${name.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 40)}-${randomBytes(5).toString('hex')}`;
}

export interface FreshDatabase {
  readonly url: string;
  /** Removes the database, closing whatever is still connected. */
  drop(): Promise<void>;
}

/** Makes an empty database on the stack's Postgres, so that a test file shares rows with nobody. */
export async function freshDatabase(databaseUrl = servers().databaseUrl): Promise<FreshDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onPostgres(databaseUrl, `CREATE DATABASE ${name}`);
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  return {
    url: url.toString(),
    drop: () => dropDatabase(databaseUrl, name),
  };
}

/** Postgres refuses while its own vacuum works there (42501: it belongs to the superuser), so this tries again. */
async function dropDatabase(databaseUrl: string, name: string): Promise<void> {
  const drop = async (): Promise<true> => {
    await onPostgres(databaseUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    return true;
  };
  await eventually(drop, { withinMs: statementMsMax, what: `the end of database ${name}` });
}

/** What of a condition's answers says that it holds. */
type Held<T> = Exclude<T, false | null | undefined | 0 | ''>;

/**
 * Waits until a condition holds: until it answers something truthy without throwing, which is what this resolves to.
 * @throws Error after `withinMs`, with what the condition said or threw last
 */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  { withinMs, what = 'the condition' }: { readonly withinMs: number; readonly what?: string },
): Promise<Held<T>> {
  const deadline = performance.now() + withinMs;
  let waitMs = pollMsMin;
  let last: unknown = 'no answer yet';
  for (;;) {
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) break;
    try {
      const value = await within(condition, leftMs);
      if (holds(value)) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    await pause(Math.min(waitMs, Math.max(0, deadline - performance.now())));
    waitMs = Math.min(waitMs * 2, pollMsMax);
  }
  // By its shape: an error of Node's own is of another class than ours inside a test.
  const said = typeof last === 'object' && last !== null && 'message' in last ? last.message : last;
  throw new Error(`${what} did not hold within ${withinMs} ms; last: ${String(said)}`, { cause: last });
}

/** A TCP port of the loopback that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  try {
    return await new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        if (address === null || typeof address === 'string') reject(new Error('no TCP address'));
        else resolve(address.port);
      });
    });
  } finally {
    server.close();
  }
}

function holds<T>(value: T): value is Held<T> {
  return Boolean(value);
}

async function within<T>(condition: () => T | Promise<T>, ms: number): Promise<T> {
  const over = new AbortController();
  const late = pause(ms, undefined, { signal: over.signal }).then(() => {
    throw new Error('the condition itself is still waiting');
  });
  try {
    return await Promise.race([(async () => condition())(), late]);
  } finally {
    // The race has heard of the timer either way, so that its end is no unhandled rejection.
    over.abort();
  }
}

async function onPostgres(url: string, statement: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: connectMsMax,
    statement_timeout: statementMsMax,
    query_timeout: statementMsMax,
  });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function required(variable: string): string {
  const value = process.env[variable];
  if (value === undefined || value === '') throw new Error(`${variable} is not set: run through tests/run.ts or jest`);
  return value;
}
