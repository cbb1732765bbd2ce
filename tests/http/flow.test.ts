// From a request to the log and back, over a log that the test plays: what is sent, who is told what, what is released.
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { OrderLine } from '../../schemas/generated.ts';
import type { CommandRecord } from '../../schemas/records.ts';
import type { OrderView, ProductView, Views } from '../../projections/views.ts';
import type { Claims } from '../../src/http/claims.ts';
import { LogError } from '../../src/log/port.ts';
import type { Given, PlayedClient } from './support.ts';
import { appOf, asOperator, asService, brokerTime, outcomeOf, playedClient, playedViews } from './support.ts';

const apps: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

async function given(what: Given & { readonly client: PlayedClient }): Promise<FastifyInstance> {
  const app = await appOf({
    ...what,
    env: { LEDGER_OUTCOME_WAIT_MS_MAX: '300', LEDGER_VIEW_WAIT_MS_MAX: '200', ...what.env },
  });
  apps.push(app);
  return app;
}

const usd = (amount: number) => ({ amount, currency: 'USD' });
const orderLine: OrderLine = { product_id: 'a', quantity: 2, unit_price: usd(5), total: usd(10), priority: 'normal' };

/** What the writer would say to a PlaceOrder that it takes; the offset of the send is `placedAt`. */
function accepted(command: CommandRecord, placedAt: number) {
  if (command.type !== 'PlaceOrder') throw new Error(`${command.type} is no PlaceOrder`);
  const { expires_after_s: _, lines: __, ...data } = command.data;
  const event = {
    type: 'OrderAccepted' as const,
    data: { ...data, lines: [orderLine], total: usd(10), expires_at: brokerTime + 900_000, version: 1 },
  };
  const { command_id: commandId, fingerprint } = command.meta;
  return outcomeOf(event, { commandId, fingerprint, placedAt, offset: 100 + placedAt });
}

function repeated(command: CommandRecord, placedAt: number, orderId: string, decided = 'OrderAccepted') {
  const data = { order_id: orderId, product_id: null, first_offset: 100, decided };
  return outcomeOf(
    { type: 'CommandRepeated', data },
    { commandId: command.meta.command_id, placedAt, offset: 100 + placedAt },
  );
}

function refused(command: CommandRecord, placedAt: number, reason: string, remembered = true) {
  const data = { reason, detail: `It is ${reason}.`, product_id: 'a', order_id: null };
  const { command_id: commandId, fingerprint } = command.meta;
  const about = { commandId, placedAt, offset: 100 + placedAt };
  return outcomeOf({ type: 'CommandRefused', data }, remembered ? { ...about, fingerprint } : about);
}

function order(app: FastifyInstance, headers: { readonly [name: string]: string } = {}, key = 'k1') {
  const payload = { lines: [{ product_id: 'a', quantity: 2 }] };
  const all = { ...asService, 'idempotency-key': key, ...headers };
  return app.inject({ method: 'POST', url: '/v1/orders', headers: all, payload });
}

const orderRow = (orderId: string, members: Partial<OrderView> = {}): OrderView => ({
  order_id: orderId,
  customer_id: 'key-s',
  status: 'PENDING',
  status_reason: null,
  lines: [orderLine],
  total: usd(10),
  priority: 'normal',
  payment: 'automatic',
  reference: null,
  metadata: {},
  created_at: brokerTime,
  updated_at: brokerTime,
  expires_at: null,
  cancelled_at: null,
  version: 1,
  shortages: null,
  partition: Number.parseInt(orderId.slice(0, 4), 16),
  journal_offset: 100,
  ...members,
});

const away: Views = {
  ...playedViews(),
  order: () => Promise.reject(new Error('Connection terminated unexpectedly')),
  product: () => Promise.reject(new Error('Connection terminated unexpectedly')),
};

describe('an order', () => {
  test('is answered 201 from its event, without the views', async () => {
    const client = playedClient((sends, played, command) => {
      queueMicrotask(() => played.say(accepted(command, sends - 1)));
      return Promise.resolve(sends - 1);
    });
    const app = await given({ client, views: away });
    const answer = await order(app);
    const [{ command, partition }] = client.submitted as [{ command: CommandRecord; partition: number }];
    expect(answer.statusCode).toBe(201);
    const { order_id: orderId } = answer.json<{ order_id: string }>();
    expect(answer.json()).toEqual({
      order_id: orderId,
      customer_id: 'key-s',
      status: 'PENDING',
      status_reason: null,
      lines: [orderLine],
      total: usd(10),
      priority: 'normal',
      payment: 'automatic',
      reference: null,
      metadata: {},
      created_at: '2026-11-21T10:00:00.000Z',
      updated_at: '2026-11-21T10:00:00.000Z',
      expires_at: '2026-11-21T10:15:00.000Z',
      cancelled_at: null,
      version: 1,
    });
    expect(answer.headers).toMatchObject({
      location: `/v1/orders/${orderId}`,
      etag: '"1.100"',
      'ledger-position': '0:100',
    });
    expect(answer.headers).not.toHaveProperty('idempotent-replayed');
    expect(Number.parseInt(orderId.slice(0, 4), 16)).toBe(partition);
    expect(partition).toBe(client.partitionOf('a'));
    expect(command).toMatchObject({
      type: 'PlaceOrder',
      data: { order_id: orderId, customer_id: 'key-s', expires_after_s: 900, repeat_window_s: 0 },
      meta: {
        remember_for_s: 86_400,
        made_at: brokerTime,
        actor: 'key:s',
        reply_to: client.instanceId,
        correlation_id: answer.headers['x-trace-id'],
      },
    });
  });

  test('is the same command for the same caller and key, and its fingerprint follows its meaning', async () => {
    const client = playedClient((sends, played, command) => {
      queueMicrotask(() => played.say(accepted(command, sends - 1)));
      return Promise.resolve(sends - 1);
    });
    const app = await given({ client });
    await order(app);
    await order(app, { 'idempotency-key': '"k1"' });
    await order(app, {}, 'k2');
    await order(app, asOperator);
    const headers = { ...asService, 'idempotency-key': 'k1' };
    const send = (payload: object) => app.inject({ method: 'POST', url: '/v1/orders', headers, payload });
    await send({ priority: 'normal', lines: [{ quantity: 2, product_id: 'a' }], customer_id: 'key-s', metadata: {} });
    await send({ lines: [{ product_id: 'a', quantity: 3 }] });
    await app.inject({ method: 'POST', url: '/v1/products/a/purchase', headers, payload: { quantity: 2 } });
    const ids = client.submitted.map(({ command }) => command.meta.command_id);
    const prints = client.submitted.map(({ command }) => Buffer.from(command.meta.fingerprint).toString('hex'));
    const same = (values: readonly string[]) => values.map((value) => value === values[0]);
    expect(same(ids)).toEqual([true, true, false, false, true, true, false]);
    expect(same(prints)).toEqual([true, true, true, false, true, false, false]);
  });

  test('that is refused is answered with all its shortages', async () => {
    const shortages = [{ product_id: 'a', requested: 2, available: 1 }];
    const client = playedClient((sends, played, command) => {
      if (command.type !== 'PlaceOrder') throw new Error('another command');
      const { expires_after_s: _, repeat_window_s: __, ...data } = command.data;
      const event = {
        type: 'OrderRefused' as const,
        data: { ...data, lines: [orderLine], total: usd(10), shortages, version: 1 },
      };
      const { command_id: commandId, fingerprint } = command.meta;
      played.say(outcomeOf(event, { commandId, fingerprint, placedAt: 0, offset: 100 }));
      return Promise.resolve(sends - 1);
    });
    const answer = await order(await given({ client }));
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({ code: 'out_of_stock', shortages, order_id: expect.any(String) });
    expect(answer.headers['ledger-position']).toBe('0:100');
  });

  test.each([
    ['unknown_product', '/v1/orders', 422, 'unknown_product'],
    ['unknown_product', '/v1/products/a/purchase', 404, 'not_found'],
    ['mixed_currencies', '/v1/orders', 422, 'mixed_currencies'],
    ['idempotency_key_reused', '/v1/orders', 422, 'idempotency_key_reused'],
    ['too_large', '/v1/orders', 413, 'body_too_large'],
    ['poison', '/v1/orders', 500, 'internal_error'],
  ])('refused as %s at %s: %i %s', async (reason, url, status, code) => {
    const client = playedClient((sends, played, command) => {
      played.say(refused(command, sends - 1, reason, reason !== 'idempotency_key_reused'));
      return Promise.resolve(sends - 1);
    });
    const app = await given({ client });
    const payload = url === '/v1/orders' ? { lines: [{ product_id: 'a', quantity: 1 }] } : { quantity: 1 };
    const answer = await app.inject({
      method: 'POST',
      url,
      headers: { ...asService, 'idempotency-key': 'k' },
      payload,
    });
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect(answer.payload.includes('poison')).toBe(false);
  });
});

describe('a repeat', () => {
  const firstId = '00059a6f-7b0c-8000-8000-000000000001';
  const repeating = (decided: string) =>
    playedClient((sends, played, command) => {
      played.say(repeated(command, sends - 1, firstId, decided));
      return Promise.resolve(sends - 1);
    });

  test('is answered 200 with the first order as it is now', async () => {
    const views = playedViews({
      orders: [orderRow(firstId, { status: 'CANCELLED', version: 2, journal_offset: 140 })],
    });
    const answer = await order(await given({ client: repeating('OrderAccepted'), views }));
    expect([answer.statusCode, answer.json().order_id, answer.json().status]).toEqual([200, firstId, 'CANCELLED']);
    expect(answer.headers).toMatchObject({
      'idempotent-replayed': 'true',
      etag: '"2.140"',
      location: `/v1/orders/${firstId}`,
    });
    expect(answer.headers).not.toHaveProperty('ledger-stale');
  });

  test('is answered with what is known while the views are away', async () => {
    const answer = await order(await given({ client: repeating('OrderAccepted'), views: away }));
    expect([answer.statusCode, answer.json()]).toEqual([200, { order_id: firstId, status: 'PENDING' }]);
    expect(answer.headers).toMatchObject({ 'idempotent-replayed': 'true', 'ledger-stale': 'true' });
  });

  test('of a refusal is that refusal, with its first shortages', async () => {
    const shortages = [{ product_id: 'a', requested: 2, available: 0 }];
    const views = playedViews({ orders: [orderRow(firstId, { status: 'REFUSED', shortages })] });
    const answer = await order(await given({ client: repeating('out_of_stock'), views }));
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({ code: 'out_of_stock', order_id: firstId, shortages });
    expect(answer.headers['idempotent-replayed']).toBe('true');
  });

  test('of a refusal stays that refusal while the views are away', async () => {
    const answer = await order(await given({ client: repeating('out_of_stock'), views: away }));
    expect([answer.statusCode, answer.json().order_id]).toEqual([409, firstId]);
    expect(answer.headers).toMatchObject({ 'idempotent-replayed': 'true', 'ledger-stale': 'true' });
  });

  test('fifty at once with one key: one 201, forty-nine 200, one order id', async () => {
    let orderId = '';
    const client = playedClient((sends, played, command) => {
      const offset = sends - 1;
      if (command.type === 'PlaceOrder' && offset === 0) orderId = command.data.order_id;
      queueMicrotask(() => played.say(offset === 0 ? accepted(command, 0) : repeated(command, offset, orderId)));
      return Promise.resolve(offset);
    });
    const views: Views = { ...playedViews(), order: (id) => Promise.resolve({ row: orderRow(id), next: 1_000 }) };
    const app = await given({ client, views });
    const answers = await Promise.all(Array.from({ length: 50 }, () => order(app)));
    const count = (status: number) => answers.filter(({ statusCode }) => statusCode === status).length;
    expect([count(201), count(200)]).toEqual([1, 49]);
    expect(new Set(answers.map((answer) => answer.json<{ order_id: string }>().order_id)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true')).toHaveLength(49);
  });
});

describe('an order that is not decided in time', () => {
  test('is answered 202 and says where it will be', async () => {
    const client = playedClient();
    const app = await given({ client, views: playedViews({}, () => 0) });
    const answer = await order(app);
    expect(answer.statusCode).toBe(202);
    const { order_id: orderId } = answer.json<{ order_id: string }>();
    expect(answer.json()).toEqual({ order_id: orderId, status: 'UNDECIDED' });
    expect(answer.headers).toMatchObject({ location: `/v1/orders/${orderId}`, 'retry-after': '1' });
    const known = await app.inject({ url: `/v1/orders/${orderId}`, headers: asService });
    expect([known.statusCode, known.headers['retry-after']]).toEqual([404, '1']);
    const [sent] = client.submitted;
    if (sent !== undefined) client.say(accepted(sent.command, 0));
    const decided = await app.inject({ url: `/v1/orders/${orderId}`, headers: { ...asService, prefer: 'wait=0' } });
    expect([decided.statusCode, decided.json().code]).toEqual([404, 'not_found']);
    expect(decided.headers).not.toHaveProperty('retry-after');
  });

  test.each([
    ['respond-async', 'respond-async'],
    ['wait=0', 'wait=0'],
    ['respond-async, wait=0', 'respond-async, wait=0'],
  ])('Prefer: %s is followed at once', async (prefer, applied) => {
    const app = await given({ client: playedClient(), env: { LEDGER_OUTCOME_WAIT_MS_MAX: '60000' } });
    const answer = await order(app, { prefer });
    expect([answer.statusCode, answer.headers['preference-applied']]).toEqual([202, applied]);
  });

  test('an outcome within the preferred wait is the answer', async () => {
    const client = playedClient((sends, played, command) => {
      setTimeout(() => played.say(accepted(command, sends - 1)), 20);
      return Promise.resolve(sends - 1);
    });
    const app = await given({ client, env: { LEDGER_OUTCOME_WAIT_MS_MAX: '60000' } });
    const answer = await order(app, { prefer: 'respond-async, wait=30' });
    expect([answer.statusCode, answer.headers['preference-applied']]).toEqual([201, 'wait=30']);
  });
});

describe('trouble with the log', () => {
  const claimsOf = (log: string[], held: number | null = null): Claims => ({
    take: (id) => {
      log.push(`take ${id}`);
      return Promise.resolve(held === null ? { kind: 'taken' } : { kind: 'held', partition: held });
    },
    release: (id) => {
      log.push(`release ${id}`);
      return Promise.resolve();
    },
  });

  test('nothing was sent: 503, and the claim is given up', async () => {
    const log: string[] = [];
    const client = playedClient(() => Promise.reject(new LogError('unavailable', 'no broker')));
    const answer = await order(await given({ client, claims: claimsOf(log) }));
    expect([answer.statusCode, answer.json().code, answer.headers['retry-after']]).toEqual([
      503,
      'dependency_down',
      '2',
    ]);
    expect(client.submitted).toHaveLength(1);
    expect(log.map((entry) => entry.split(' ')[0])).toEqual(['take', 'release']);
  });

  test('a claim of an earlier request is not given up', async () => {
    const log: string[] = [];
    const client = playedClient(() => Promise.reject(new LogError('unavailable', 'no broker')));
    await order(await given({ client, claims: claimsOf(log, client.partitionOf('a')) }));
    expect(log.map((entry) => entry.split(' ')[0])).toEqual(['take']);
  });

  test('the key was used in another partition: 422, and nothing is sent', async () => {
    const client = playedClient();
    const answer = await order(await given({ client, claims: claimsOf([], 7 - client.partitionOf('a')) }));
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'idempotency_key_reused']);
    expect(client.submitted).toEqual([]);
  });

  test('a send of unknown fate is sent once more under the same identity, and its outcome is the answer', async () => {
    const log: string[] = [];
    const client = playedClient((sends, played, command) => {
      if (sends === 2) queueMicrotask(() => played.say(accepted(command, 0)));
      return sends === 1 ? Promise.reject(new LogError('unknown', 'no answer')) : Promise.resolve(1);
    });
    const answer = await order(await given({ client, claims: claimsOf(log) }));
    expect(answer.statusCode).toBe(201);
    const [first, second] = client.submitted;
    expect(second).toEqual(first);
    expect(log.map((entry) => entry.split(' ')[0])).toEqual(['take']);
  });

  test('never acknowledged and no outcome: 503 at the deadline, and the claim stays', async () => {
    const log: string[] = [];
    const client = playedClient(() => Promise.reject(new LogError('unknown', 'no answer')));
    const answer = await order(await given({ client, claims: claimsOf(log) }));
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'dependency_down']);
    expect(client.submitted).toHaveLength(2);
    expect(log.map((entry) => entry.split(' ')[0])).toEqual(['take']);
  });

  test('an answer that never comes ends at the deadline', async () => {
    const client = playedClient(() => Promise.withResolvers<number>().promise);
    const answer = await order(await given({ client }));
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'dependency_down']);
  });

  test('a command that came too late is made once more, then given up', async () => {
    const late = playedClient((sends, played, command) => {
      queueMicrotask(() => played.say(refused(command, sends - 1, 'too_late', false)));
      return Promise.resolve(sends - 1);
    });
    const answer = await order(await given({ client: late }));
    expect([answer.statusCode, answer.json().code, late.submitted.length]).toEqual([503, 'writer_unavailable', 2]);
    const once = playedClient((sends, played, command) => {
      queueMicrotask(() => played.say(sends === 1 ? refused(command, 0, 'too_late', false) : accepted(command, 1)));
      return Promise.resolve(sends - 1);
    });
    expect((await order(await given({ client: once }))).statusCode).toBe(201);
  });

  test('while Kafka is away orders are answered 503 at once, and reads say that they may be old', async () => {
    const client = playedClient();
    client.up = false;
    const row = orderRow('00059a6f-7b0c-8000-8000-000000000001');
    const app = await given({ client, views: playedViews({ orders: [row] }) });
    expect((await order(app)).json().code).toBe('dependency_down');
    expect(client.submitted).toEqual([]);
    const read = await app.inject({ url: `/v1/orders/${row.order_id}`, headers: asService });
    expect([read.statusCode, read.headers['ledger-stale']]).toEqual([200, 'true']);
    const list = await app.inject({ url: '/v1/orders', headers: asService });
    expect([list.statusCode, list.headers['ledger-stale']]).toEqual([200, 'true']);
  });

  test('too many waiting requests: 503 at once', async () => {
    const client = playedClient();
    const app = await given({ client, env: { LEDGER_WAITERS_MAX: '1', LEDGER_OUTCOME_WAIT_MS_MAX: '1000' } });
    const first = order(app, {}, 'k1');
    while (client.submitted.length === 0) await new Promise(setImmediate);
    const second = await order(app, {}, 'k2');
    expect([second.statusCode, second.json().code, second.headers['retry-after']]).toEqual([503, 'overloaded', '1']);
    const [sent] = client.submitted;
    if (sent !== undefined) client.say(accepted(sent.command, 0));
    expect((await first).statusCode).toBe(201);
  });
});

describe('cancelling', () => {
  const id = '00059a6f-7b0c-8000-8000-000000000001';
  const cancel = (app: FastifyInstance, headers: object = {}, payload?: string) =>
    app.inject({
      method: 'POST',
      url: `/v1/orders/${id}/cancel`,
      headers: { ...asService, ...headers },
      ...(payload === undefined ? {} : { payload }),
    });
  const cancelled = (command: CommandRecord) =>
    outcomeOf(
      { type: 'OrderCancelled', data: { order_id: id, customer_id: 'key-s', reason: null, version: 2 } },
      {
        commandId: command.meta.command_id,
        fingerprint: command.meta.fingerprint,
        placedAt: 0,
        offset: 150,
        partition: 5,
      },
    );
  const cancelling = () =>
    playedClient((_, played, command) => {
      played.say(cancelled(command));
      return Promise.resolve(0);
    });
  const row = orderRow(id, { status: 'CANCELLED', cancelled_at: brokerTime, version: 2, journal_offset: 150 });

  test.each([
    ['no body', {}, undefined],
    ['an empty one', { 'content-type': 'application/json' }, ''],
    ['{} as JSON', { 'content-type': 'application/json' }, '{}'],
    ['{} as nothing', {}, '{}'],
  ])('with %s', async (_, headers, payload) => {
    const client = cancelling();
    const answer = await cancel(await given({ client, views: playedViews({ orders: [row] }) }), headers, payload);
    expect([answer.statusCode, answer.json().status, answer.headers.etag]).toEqual([200, 'CANCELLED', '"2.150"']);
    expect(client.submitted[0]).toMatchObject({
      partition: 5,
      command: { type: 'CancelOrder', data: { order_id: id } },
    });
  });

  test('with anything in the body, or another media type, is refused', async () => {
    const app = await given({ client: cancelling() });
    expect((await cancel(app, { 'content-type': 'application/json' }, '{"force":true}')).statusCode).toBe(422);
    expect((await cancel(app, { 'content-type': 'text/xml' }, '<a/>')).statusCode).toBe(415);
  });

  test('If-Match travels as the version', async () => {
    const client = cancelling();
    await cancel(await given({ client, views: playedViews({ orders: [row] }) }), { 'if-match': '"1.100"' });
    expect(client.submitted[0]?.command.data).toMatchObject({ expected_version: 1 });
  });

  test('says so although the view is behind or away', async () => {
    const behind = playedViews({ orders: [orderRow(id)] }, () => 120);
    const late = await cancel(await given({ client: cancelling(), views: behind }));
    expect([late.statusCode, late.json().status, late.json().version, late.headers['ledger-stale']]).toEqual([
      200,
      'CANCELLED',
      2,
      'true',
    ]);
    const blind = await cancel(await given({ client: cancelling(), views: away }));
    expect([blind.statusCode, blind.json()]).toEqual([200, { order_id: id, status: 'CANCELLED' }]);
  });

  test.each([
    ['CANCELLED', 200, undefined],
    ['EXPIRED', 422, 'not_cancellable'],
    [null, 404, 'not_found'],
  ] as const)('an order that the writer forgot and the view has as %s: %i', async (status, code, problem) => {
    const client = playedClient((_, played, command) => {
      played.say(refused(command, 0, 'unknown_order'));
      return Promise.resolve(0);
    });
    const views = playedViews(status === null ? {} : { orders: [orderRow(id, { status })] });
    const answer = await cancel(await given({ client, views }));
    expect([answer.statusCode, answer.json().code]).toEqual([code, problem]);
  });
});

describe('products', () => {
  const product: ProductView = {
    product_id: 'a',
    name: 'Lamp',
    price: usd(5),
    on_hand: 10,
    held: 3,
    available: 7,
    tracked: true,
    billing: 'single',
    frequency: null,
    low_stock_threshold: null,
    archived: false,
    version: 1,
    created_at: brokerTime,
    updated_at: brokerTime,
    partition: 0,
    journal_offset: 90,
  };
  const adjusted = { product_id: 'a', delta: 5, on_hand: 15, held: 3, reason: 'r', reference: null, version: 2 };

  test('creating one is answered from its event', async () => {
    const client = playedClient((_, played, command) => {
      if (command.type !== 'CreateProduct') throw new Error('another command');
      const { command_id: commandId, fingerprint } = command.meta;
      const event = { type: 'ProductCreated' as const, data: { ...command.data, version: 1 } };
      played.say(outcomeOf(event, { commandId, fingerprint, placedAt: 0, offset: 90 }));
      return Promise.resolve(0);
    });
    const app = await given({ client, views: away });
    const payload = { product_id: 'a', name: 'Lamp', price: usd(5), stock: null };
    const answer = await app.inject({ method: 'POST', url: '/v1/products', headers: asOperator, payload });
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({ on_hand: null, held: 0, available: null, tracked: false, version: 1 });
    expect(answer.headers).toMatchObject({ location: '/v1/products/a', etag: '"1.90"' });
    expect(client.submitted[0]?.command.meta.remember_for_s).toBe(600);
  });

  test('a key makes the generated id the same for every attempt', async () => {
    const client = playedClient();
    const app = await given({ client });
    const payload = { name: 'Lamp', price: usd(5), stock: 1 };
    for (const headers of [{ 'idempotency-key': 'k' }, { 'idempotency-key': 'k' }, {}]) {
      const all = { ...asOperator, prefer: 'respond-async', ...headers };
      await app.inject({ method: 'POST', url: '/v1/products', headers: all, payload });
    }
    const [first, second, third] = client.submitted.map(({ command }) => command);
    expect(second?.data).toEqual(first?.data);
    expect(second?.meta.fingerprint).toEqual(first?.meta.fingerprint);
    expect(third?.data).not.toEqual(first?.data);
  });

  test('an adjustment shows itself although the view is behind', async () => {
    const client = playedClient((_, played, command) => {
      const { command_id: commandId, fingerprint } = command.meta;
      played.say(
        outcomeOf({ type: 'StockAdjusted', data: adjusted }, { commandId, fingerprint, placedAt: 0, offset: 120 }),
      );
      return Promise.resolve(0);
    });
    const app = await given({ client, views: playedViews({ products: [product] }, () => 100) });
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/products/a/stock-adjustments',
      headers: { ...asOperator, 'idempotency-key': 'k' },
      payload: { delta: 5, reason: 'r' },
    });
    expect([answer.statusCode, answer.headers['ledger-stale'], answer.headers.etag]).toEqual([200, 'true', '"2.120"']);
    expect(answer.json()).toMatchObject({ name: 'Lamp', on_hand: 15, available: 12, version: 2 });
  });

  test('archiving again is 204 again', async () => {
    const client = playedClient((_, played, command) => {
      const data = { order_id: null, product_id: 'a', first_offset: 5, decided: 'ProductArchived' };
      played.say(outcomeOf({ type: 'CommandRepeated', data }, { commandId: command.meta.command_id, placedAt: 0 }));
      return Promise.resolve(0);
    });
    const app = await given({ client });
    const answer = await app.inject({ method: 'DELETE', url: '/v1/products/a', headers: asOperator });
    expect([answer.statusCode, answer.payload]).toEqual([204, '']);
  });

  test('If-None-Match: 304 where nothing changed', async () => {
    const app = await given({ client: playedClient(), views: playedViews({ products: [product] }) });
    const read = (tag: string) =>
      app.inject({ url: '/v1/products/a', headers: { ...asService, 'if-none-match': tag } });
    expect([(await read('"1.90"')).statusCode, (await read('"1.90"')).payload]).toEqual([304, '']);
    expect((await read('"1.91"')).statusCode).toBe(200);
  });
});
