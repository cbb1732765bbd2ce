// Orders from the request to the answer, over a log that the test plays: fresh, refused, repeated, undecided.
import { describe, expect, test } from '@jest/globals';
import type { CommandRecord } from '../../schemas/records.ts';
import type { Views } from '../../projections/views.ts';
import { LogError } from '../../src/log/port.ts';
import { eventually } from '../support/servers.ts';
import { accepted, away, given, order, orderLine, orderRow, refused, repeated, usd } from './flow-support.ts';
import type { Body } from './support.ts';
import { asOperator, asService, brokerTime, outcomeOf, playedClient, playedViews } from './support.ts';

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
    expect(answer.json<Body>()).toEqual({
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
        data: {
          ...data,
          ...{ lines: [orderLine], total: usd(10), shortages, version: 1 },
          ...{ reason: 'out_of_stock', detail: '', product: null, rests_on: [], settles: [] },
        },
      };
      const { command_id: commandId, fingerprint } = command.meta;
      played.say(outcomeOf(event, { commandId, fingerprint, placedAt: 0, offset: 100 }));
      return Promise.resolve(sends - 1);
    });
    const answer = await order(await given({ client }));
    expect(answer.statusCode).toBe(409);
    expect(answer.json<Body>()).toMatchObject({ code: 'out_of_stock', shortages, order_id: expect.any(String) });
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
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([status, code]);
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
    expect([answer.statusCode, answer.json<Body>().order_id, answer.json<Body>().status]).toEqual([
      200,
      firstId,
      'CANCELLED',
    ]);
    expect(answer.headers).toMatchObject({
      'idempotent-replayed': 'true',
      etag: '"2.140"',
      location: `/v1/orders/${firstId}`,
    });
    expect(answer.headers).not.toHaveProperty('ledger-stale');
  });

  const silent: Views = { ...playedViews(), order: () => new Promise(() => undefined) };
  test.each([
    ['are away', away],
    ['do not answer at all', silent],
  ])('is answered with what is known while the views %s', async (_, views) => {
    const answer = await order(await given({ client: repeating('OrderAccepted'), views }));
    expect([answer.statusCode, answer.json<Body>()]).toEqual([200, { order_id: firstId, status: 'PENDING' }]);
    expect(answer.headers).toMatchObject({ 'idempotent-replayed': 'true', 'ledger-stale': 'true' });
  });

  test('of a refusal is that refusal, with its first shortages', async () => {
    const shortages = [{ product_id: 'a', requested: 2, available: 0 }];
    const views = playedViews({ orders: [orderRow(firstId, { status: 'REFUSED', shortages })] });
    const answer = await order(await given({ client: repeating('out_of_stock'), views }));
    expect(answer.statusCode).toBe(409);
    expect(answer.json<Body>()).toMatchObject({ code: 'out_of_stock', order_id: firstId, shortages });
    expect(answer.headers['idempotent-replayed']).toBe('true');
  });

  test('of a refusal stays that refusal while the views are away', async () => {
    const answer = await order(await given({ client: repeating('out_of_stock'), views: away }));
    expect([answer.statusCode, answer.json<Body>().order_id]).toEqual([409, firstId]);
    expect(answer.headers).toMatchObject({ 'idempotent-replayed': 'true', 'ledger-stale': 'true' });
  });

  test('whose outcome went to another request before it knew its offset is a repeat all the same', async () => {
    const acknowledged = Promise.withResolvers<number>();
    const client = playedClient((sends) =>
      sends === 1
        ? Promise.reject(new LogError('unknown', 'no answer'))
        : sends === 2
          ? new Promise(() => undefined)
          : acknowledged.promise,
    );
    const app = await given({ client, views: away });
    const first = order(app);
    await eventually(() => client.submitted.length === 2, { withinMs: 5_000 });
    const second = order(app);
    await eventually(() => client.submitted.length === 3, { withinMs: 5_000 });
    const [, , third] = client.submitted;
    if (third !== undefined) client.say(accepted(third.command, 7));
    expect((await first).statusCode).toBe(201);
    acknowledged.resolve(7);
    const answer = await second;
    expect([answer.statusCode, answer.headers['idempotent-replayed']]).toEqual([200, 'true']);
    expect(answer.json()).toEqual((await first).json());
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
    expect(answer.json<Body>()).toEqual({ order_id: orderId, status: 'UNDECIDED' });
    expect(answer.headers).toMatchObject({ location: `/v1/orders/${orderId}`, 'retry-after': '1' });
    const known = await app.inject({ url: `/v1/orders/${orderId}`, headers: asService });
    expect([known.statusCode, known.headers['retry-after']]).toEqual([404, '1']);
    const [sent] = client.submitted;
    if (sent !== undefined) client.say(accepted(sent.command, 0));
    const decided = await app.inject({ url: `/v1/orders/${orderId}`, headers: { ...asService, prefer: 'wait=0' } });
    expect([decided.statusCode, decided.json<Body>().code]).toEqual([404, 'not_found']);
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

  test('Prefer: wait longer than the service allows is shortened, and the answer says so', async () => {
    const app = await given({ client: playedClient(), env: { LEDGER_OUTCOME_WAIT_MS_MAX: '1000' } });
    const answer = await order(app, { prefer: 'wait=600' });
    expect([answer.statusCode, answer.headers['preference-applied']]).toEqual([202, 'wait=1']);
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
