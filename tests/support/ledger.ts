// A ledger under test: its own topics and database on the shared servers, as many processes as a test wants, started
// as a user starts them, and an HTTP client that knows its key.
import { inspect } from 'node:util';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { eventually, freshDatabase, servers, uniquePrefix } from './servers.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const startMsMax = 60_000;
const stopMsMax = 15_000;
const verbMsMax = 45_000;
const shownMsMax = 30_000;

export interface LedgerProcess {
  readonly url: string;
  readonly pid: number;
  /** What it has logged so far, one JSON line an entry. */
  readonly log: readonly string[];
  /** Sends a signal and, unless it only pauses or continues, waits for the end; answers the exit code. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** The signal that ended it, whoever sent it; null while it runs and after an exit of its own. */
  killedBy(): NodeJS.Signals | null;
}

export interface TestLedger {
  readonly prefix: string;
  /** The environment of its processes. */
  readonly env: { readonly [name: string]: string };
  readonly key: string;
  /** Starts a process; resolves when it takes requests. Its lines go to `log`, also before that. */
  start(roles?: string, env?: { readonly [name: string]: string }, log?: string[]): Promise<LedgerProcess>;
  /** Runs a verb of the program to its end; ends it after `msMax`, 45 s unless it is told otherwise. */
  run(
    args: readonly string[],
    env?: { readonly [name: string]: string },
    msMax?: number,
  ): Promise<{ code: number | null; output: string }>;
  /** Ends all processes and drops the database. */
  close(): Promise<void>;
}

/** Prepares a ledger of its own and makes an admin key. */
export async function prepareLedger(name: string, partitions = 4): Promise<TestLedger> {
  const { kafkaBrokers, schemaRegistryUrl, redisUrl } = servers();
  const prefix = uniquePrefix(name);
  const database = await freshDatabase();
  const processes: LedgerProcess[] = [];
  const env: { readonly [name: string]: string } = {
    KAFKA_BROKERS: kafkaBrokers.join(','),
    SCHEMA_REGISTRY_URL: schemaRegistryUrl,
    DATABASE_URL: database.url,
    REDIS_URL: redisUrl,
    LEDGER_TOPIC_PREFIX: prefix,
    LEDGER_PARTITIONS: String(partitions),
    PORT: '0',
    LOG_LEVEL: 'info',
  };
  const run = (args: readonly string[], more = {}, msMax = verbMsMax) => runVerb(args, { ...env, ...more }, msMax);
  const prepared = await run(['prepare']);
  if (prepared.code !== 0) throw new Error(`prepare failed: ${prepared.output}`);
  const made = await run(['keys', 'create', '--name', 'test', '--role', 'admin', '--json']);
  const { key } = JSON.parse(made.output) as { key: string };
  return {
    prefix,
    env,
    key,
    run,
    start: async (roles = 'api,writer,projector', more = {}, log = []) => {
      const started = await startProcess(roles, { ...env, ...more }, log);
      processes.push(started);
      return started;
    },
    close: async () => {
      await Promise.all(processes.map((process) => process.end('SIGKILL')));
      await database.drop();
    },
  };
}

async function runVerb(
  args: readonly string[],
  env: object,
  timeout: number,
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    timeout,
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

async function startProcess(roles: string, env: object, log: string[]): Promise<LedgerProcess> {
  const child = spawn(process.execPath, [main, 'serve', '--roles', roles], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', (line) => log.push(line));
  const ended = once(child, 'exit');
  const isServing = (): string | null => {
    if (child.exitCode !== null) throw new Error(`it ended: ${log.join('\n')}`);
    return servingUrl(log);
  };
  const waitUntilItServes = async (): Promise<string> => {
    const at = await eventually(isServing, { withinMs: startMsMax, what: `a process with the roles ${roles}` });
    await eventually(async () => (await fetch(`${at}/health/ready`)).ok, { withinMs: startMsMax, what: 'readiness' });
    return at;
  };
  const url = await waitUntilItServes().catch((error: unknown) => {
    // Nobody else knows of it.
    child.kill('SIGKILL');
    throw error;
  });
  return {
    url,
    pid: child.pid ?? 0,
    log,
    signal: (signal) => void child.kill(signal),
    killedBy: () => child.signalCode,
    end: (signal) => end(child, ended, signal),
  };
}

function servingUrl(log: readonly string[]): string | null {
  const line = log.find((entry) => entry.includes('"msg":"serving"'));
  return line === undefined ? null : (JSON.parse(line) as { url: string }).url;
}

async function end(child: ChildProcess, ended: Promise<unknown[]>, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    const limit = AbortSignal.timeout(stopMsMax);
    await Promise.race([ended, once(limit, 'abort')]);
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      throw new Error(`process ${child.pid} did not end within ${stopMsMax} ms of ${signal}`);
    }
  }
  return child.exitCode;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { readonly [name: string]: unknown };
}

export interface Api {
  request(method: string, path: string, body?: object, headers?: { readonly [name: string]: string }): Promise<Reply>;
  /** Creates a product with that much stock. */
  product(productId: string, stock: number | null): Promise<Reply>;
  order(key: string, lines: readonly (readonly [string, number])[]): Promise<Reply>;
  get(path: string): Promise<Reply>;
}

/** Talks to one process of a ledger. A connection that breaks is answered as status 0. */
export function apiOf(url: string, key: string): Api {
  const request: Api['request'] = async (method, path, body, headers = {}) => {
    const json: { [name: string]: string } = body === undefined ? {} : { 'content-type': 'application/json' };
    const payload = body === undefined ? {} : { body: JSON.stringify(body) };
    const all = { authorization: `Bearer ${key}`, ...json, ...headers };
    try {
      const reply = await fetch(`${url}${path}`, { method, headers: all, ...payload });
      const text = await reply.text();
      return {
        status: reply.status,
        headers: reply.headers,
        body: text === '' ? {} : (JSON.parse(text) as Reply['body']),
      };
    } catch (error) {
      // What broke stands in the error's cause; printed by a test whose statuses are not as expected.
      return { status: 0, headers: new Headers(), body: { broken: inspect(error) } };
    }
  };
  return {
    request,
    get: (path) => request('GET', path),
    product: (product_id, stock) =>
      request('POST', '/v1/products', { product_id, name: product_id, price: { amount: 450, currency: 'USD' }, stock }),
    order: (idempotencyKey, lines) => {
      const wanted = lines.map(([product_id, quantity]) => ({ product_id, quantity }));
      return request('POST', '/v1/orders', { lines: wanted, payment: 'manual' }, { 'idempotency-key': idempotencyKey });
    },
  };
}

/** Waits until every projection has shown every event that is in the journal. */
export async function untilShown(api: Api): Promise<void> {
  const isShown = async (): Promise<boolean> => {
    const { body } = await api.get('/health');
    const projections = Object.values((body['projections'] ?? {}) as { [name: string]: { lag_events: number } });
    return projections.length > 0 && projections.every(({ lag_events }) => lag_events === 0);
  };
  await eventually(isShown, { withinMs: shownMsMax, what: 'views without lag' });
}

/** How many orders have each status, as the API tells. @throws Error where it does not */
export async function countsByStatus(api: Api): Promise<{ readonly [status: string]: number }> {
  const { status, body } = await api.get('/v1/orders/statistics');
  if (status !== 200) throw new Error(`the statistics were answered ${status}`);
  return body['by_status'] as { readonly [status: string]: number };
}

/** How many orders have not come to their end, as the API tells. */
export async function openOrders(api: Api): Promise<number> {
  const counts = await countsByStatus(api);
  return ['RESERVING', 'PENDING', 'PROCESSING'].reduce((sum, status) => sum + (counts[status] ?? 0), 0);
}
