// What the tests of outages share: servers of their own that may be taken away, and answers with the time they took.
import { expect } from '@jest/globals';
import type { ServerName, Stack } from '../../stack/stack.ts';
import { startStack } from '../../stack/stack.ts';
import type { Api, LedgerProcess, Reply, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { eventually } from '../support/servers.ts';

/** How a server is away: `killed` refuses connections, `paused` takes them and says nothing. */
export const ways = ['killed', 'paused'] as const;
export type Way = (typeof ways)[number];

/** The longest that any request may take, whatever is away, ms: the wait for a decision or for Postgres, and some more. */
const answerMsMax = 10_000;
/** How soon everything works again once a server is back, ms. */
const backMsMax = 30_000;
const stopMsMax = 10_000;

/** A ledger on servers that nobody else uses, with a process that has all roles. */
export interface Outages {
  readonly stack: Stack;
  readonly ledger: TestLedger;
  readonly service: LedgerProcess;
  readonly api: Api;
  /** An order that was placed before anything happened. */
  readonly placed: string;
  close(): Promise<void>;
}

/** Starts servers and a ledger on them. The environment of this test file names them from now on. */
export async function prepareOutages(name: string): Promise<Outages> {
  const stack = await startStack();
  Object.assign(process.env, stack.env);
  const ledger = await prepareLedger(name);
  // No outage here lasts as long as a credential is trusted, whenever it was verified.
  const service = await ledger.start('api,writer,projector', { LEDGER_CREDENTIAL_CACHE_MS: '600000' });
  const api = apiOf(service.url, ledger.key);
  await api.product('tea', 1_000_000);
  const { body } = await api.order('before', [['tea', 1]]);
  const close = async (): Promise<void> => {
    await ledger.close();
    await stack.stop();
  };
  return { stack, ledger, service, api, placed: String(body['order_id']), close };
}

/** Takes a server away for the time of `work`, and brings it back whatever came of it. */
export async function without<T>(stack: Stack, name: ServerName, way: Way, work: () => Promise<T>): Promise<T> {
  await (way === 'killed' ? stack.kill(name) : stack.pause(name));
  try {
    return await work();
  } finally {
    await (way === 'killed' ? stack.start(name) : stack.resume(name));
  }
}

export interface Timed extends Reply {
  readonly ms: number;
}

/** An answer with the time it took; one that takes too long, or is none, fails the test. */
export async function timed(answer: Promise<Reply>): Promise<Timed> {
  const started = performance.now();
  const reply = await answer;
  const ms = Math.round(performance.now() - started);
  expect(ms).toBeLessThan(answerMsMax);
  expect(reply.status).not.toBe(0);
  return { ...reply, ms };
}

/** One cup of tea. */
export function orderTea(api: Api, key: string): Promise<Timed> {
  return timed(api.order(key, [['tea', 1]]));
}

/** Whether an answer says that it may be old. */
export function isStale({ headers }: Reply): boolean {
  return headers.get('ledger-stale') === 'true';
}

/** A refusal for now: the caller knows why, and when to ask again. */
export function expectLater(reply: Reply, code: string): void {
  expect([reply.status, reply.body['code']]).toEqual([503, code]);
  expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
}

/** Asks /health until it names these as down, and nothing else. */
export async function expectDown(api: Api, ...names: readonly string[]): Promise<void> {
  await eventually(
    async () => {
      const { status, body } = await timed(api.get('/health'));
      const services = Object.entries(body['services'] as { [name: string]: { status: string } });
      const down = services.flatMap(([name, one]) => (one.status === 'down' ? [name] : []));
      const said = JSON.stringify([status, body['status'], down]);
      if (said !== JSON.stringify([503, 'degraded', names])) throw new Error(said);
      return true;
    },
    { withinMs: answerMsMax, what: `/health naming ${names.join()}` },
  );
}

/** Asks a process to end; it has to do so in order and in time, whatever is away. Answers how long that took, ms. */
export async function endInOrder(process: LedgerProcess): Promise<number> {
  const started = performance.now();
  expect(await process.end('SIGTERM')).toBe(0);
  const ms = Math.round(performance.now() - started);
  expect(ms).toBeLessThan(stopMsMax);
  return ms;
}

/** How long a condition took to hold, ms. @throws Error where it does not within `withinMs` */
export async function untilHolds(what: string, holds: () => Promise<boolean>, withinMs = backMsMax): Promise<number> {
  const started = performance.now();
  await eventually(holds, { withinMs, what });
  return Math.round(performance.now() - started);
}

export async function isReady(api: Api): Promise<boolean> {
  return (await timed(api.get('/health/ready'))).status === 200;
}

/** How long it took until everything works: an order, its read and an older one's, and all servers answer. */
export function untilAllWorks({ api, placed }: Outages, key: string): Promise<number> {
  const reads = async (id: string): Promise<boolean> => {
    const reply = await timed(api.get(`/v1/orders/${id}`));
    return reply.status === 200 && !isStale(reply);
  };
  return untilHolds('everything works', async () => {
    const { status, body } = await orderTea(api, key);
    if (status !== 200 && status !== 201) return false;
    const readable = (await reads(String(body['order_id']))) && (await reads(placed));
    return readable && (await isReady(api)) && (await timed(api.get('/health'))).body['status'] === 'ok';
  });
}
