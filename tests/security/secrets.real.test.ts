// What a real process says about itself and its callers while everything around it fails: no secret in any line of its
// log, no insides in any answer, and nobody let in who cannot be known.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Api, LedgerProcess, Reply, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { eventually, freePort, servers } from '../support/servers.ts';
import { request as bytesOf, send } from './wire.ts';

const canary = 'canary4711';
/** As the ledger would make it, and known to nobody. */
const wrongKey = `ol_${canary}${'x'.repeat(33)}`;
const withinMs = 30_000;
const testMsMax = 60_000;

let ledger: TestLedger;
let well: LedgerProcess;
/** A process whose Postgres is not there and whose Redis does not know its user. */
let ill: LedgerProcess;
let illLog: string[];
let operations: readonly (readonly [method: string, path: string])[];

beforeAll(async () => {
  ledger = await prepareLedger('secrets', 2);
  illLog = [];
  const redis = new URL(servers().redisUrl);
  redis.username = 'nobody';
  redis.password = canary;
  const elsewhere = `postgres://ledger:${canary}@127.0.0.1:${await freePort()}/ledger`;
  [well, ill] = await Promise.all([
    ledger.start('api,writer,projector', { LOG_LEVEL: 'trace' }),
    ledger.start('api', { LOG_LEVEL: 'trace', DATABASE_URL: elsewhere, REDIS_URL: redis.toString() }, illLog),
  ]);
  const { paths } = (await (await fetch(`${well.url}/openapi.json`)).json()) as { paths: Record<string, object> };
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method.toUpperCase(), path.replace(/\{\w+\}/, canary)] as const),
  );
}, 120_000);
afterAll(() => ledger.close(), 30_000);

/** Every operation, with secrets wherever a client may put one by mistake. */
async function askEverything(api: Api): Promise<readonly Reply[]> {
  const replies: Reply[] = [];
  for (const [method, path] of operations) {
    const body = method === 'GET' ? undefined : { password: canary, lines: [{ product_id: canary, quantity: 1 }] };
    const headers = {
      'idempotency-key': canary,
      cookie: `session=${canary}`,
      'x-api-key': wrongKey,
      'proxy-authorization': `Basic ${Buffer.from(`a:${canary}`).toString('base64')}`,
    };
    for (const query of ['', `?token=${canary}&api_key=${wrongKey}`]) {
      replies.push(await api.request(method, path.startsWith('/v1') ? `${path}${query}` : path, body, headers));
    }
  }
  return replies;
}

describe('a process that is well', () => {
  let api: Api;
  beforeAll(async () => {
    api = apiOf(well.url, ledger.key);
    await askEverything(api);
    await askEverything(apiOf(well.url, wrongKey));
    const personal = { customer_id: `${canary}@example.com`, reference: canary, metadata: { note: canary } };
    await api.request('POST', '/v1/products', {
      product_id: 'tea',
      name: canary,
      price: { amount: 1, currency: 'USD' },
      stock: 1,
    });
    const order = { lines: [{ product_id: 'tea', quantity: 1 }], ...personal };
    expect((await api.request('POST', '/v1/orders', order, { 'idempotency-key': canary })).status).toBe(201);
    await send(well.url, `GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${wrongKey}\r\n${canary}\r\n\r\n`);
    await send(well.url, bytesOf('GET', `/v1/orders/${canary}?${canary}`, [`X-Trace-Id: ${canary}\u0000`]));
  }, 60_000);

  test('logs lines of JSON, and no secret or personal word of its callers', () => {
    expect(well.log.length).toBeGreaterThan(50);
    expectClean(well.log, [canary, ledger.key, ledger.env['DATABASE_URL'] ?? '']);
  });

  test('has none in its figures, nor any name that a client made up', async () => {
    const figures = await (await fetch(`${well.url}/metrics`)).text();
    expect(figures).not.toContain(canary);
    expect(figures).toContain('ledger_http_broken_requests_total{code="bad_request"} 2');
  });
});

describe('a process that is ill', () => {
  test(
    'lets nobody in whom it cannot know, and says nothing of its insides',
    async () => {
      const replies = [...(await askEverything(apiOf(ill.url, ledger.key)))];
      const answers = replies.map(({ status, body }) => [status, body['code']]);
      const behindKeys = operations.filter(([, path]) => path.startsWith('/v1')).length;
      expect(answers.filter(([status, code]) => status === 503 && code === 'dependency_down')).toHaveLength(
        2 * behindKeys,
      );
      for (const { body, headers } of replies.filter(({ status }) => status === 503)) {
        expect(headers.get('retry-after') ?? '').toMatch(/^\d+$/);
        expect(JSON.stringify(body)).not.toMatch(/ECONNREFUSED|127\.0\.0\.1|node:|\.ts|stack|postgres:/);
      }
      expect((await apiOf(ill.url, ledger.key).get('/health')).body).not.toHaveProperty('system');
      expect((await fetch(`${ill.url}/v1/orders`)).status).toBe(401);
    },
    testMsMax,
  );

  test(
    'logs what is wrong, once for each outage, and none of its own secrets',
    async () => {
      const said = (text: string) => illLog.filter((line) => line.includes(text));
      await eventually(() => said('Redis does not answer').length > 0, { withinMs, what: 'a word about Redis' });
      expect(said('requests are answered 503')).toHaveLength(1);
      expect(said('ECONNREFUSED').length).toBeGreaterThan(0);
      expectClean(illLog, [canary, ledger.key]);
    },
    testMsMax,
  );
});

test(
  'the command line keeps secrets to itself when it fails',
  async () => {
    const elsewhere = `postgres://ledger:${canary}@127.0.0.1:${await freePort()}/ledger`;
    const { code, output } = await ledger.run(['keys', 'list'], { DATABASE_URL: elsewhere });
    expect([code, output.includes(canary)]).toEqual([1, false]);
    const wrong = await ledger.run(['keys', 'list'], { REDIS_URL: `redis://:${canary}@127.0.0.1`, PORT: canary });
    expect([wrong.code, wrong.output.includes(canary)]).toEqual([2, false]);
  },
  testMsMax,
);

function expectClean(log: readonly string[], secrets: readonly string[]): void {
  expect(log.filter((line) => secrets.some((secret) => line.includes(secret)))).toEqual([]);
  expect(log.filter((line) => !isEntry(line))).toEqual([]);
}

function isEntry(line: string): boolean {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry !== null && 'level' in entry && 'msg' in entry;
  } catch {
    return false;
  }
}
