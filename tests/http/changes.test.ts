// Cancelling, and products, over a log that the test plays.
import type { FastifyInstance } from 'fastify';
import { describe, expect, test } from '@jest/globals';
import type { CommandRecord } from '../../schemas/records.ts';
import type { OrderView } from '../../projections/views.ts';
import { away, given, orderRow, refused, usd } from './flow-support.ts';
import type { Body } from './support.ts';
import { asOperator, asService, brokerTime, lampOf, outcomeOf, playedClient, playedViews } from './support.ts';

describe('asking for the payment', () => {
  const id = '00059a6f-7b0c-8000-8000-000000000001';
  const about = { placedAt: 0, offset: 150, partition: 5 };
  const pay = async (event: Parameters<typeof outcomeOf>[0], row: OrderView | null) => {
    const client = playedClient((sends, played, { meta: { command_id: commandId, fingerprint } }) => {
      played.say(outcomeOf(event, { commandId, fingerprint, ...about }));
      return Promise.resolve(sends - 1);
    });
    const app = await given({ client, views: playedViews({ orders: row === null ? [] : [row] }) });
    const answer = await app.inject({ method: 'POST', url: `/v1/orders/${id}/pay`, headers: asService });
    return { status: answer.statusCode, body: answer.json<Body>(), sent: client.submitted[0]?.command };
  };
  const refusal = (reason: string) =>
    ({ type: 'CommandRefused', data: { reason, detail: 'No.', product_id: null, order_id: id } }) as const;
  const requested = { order_id: id, customer_id: 'key-s', total: usd(10), priority: 'normal', version: 2 } as const;
  const repeat = { order_id: id, product_id: null, first_offset: 9, decided: 'OrderAccepted' };

  test('is answered with the order, whether it begins now or began before', async () => {
    const row = orderRow(id, { status_reason: 'payment_requested', version: 2, journal_offset: 150 });
    const first = await pay({ type: 'PaymentRequested', data: requested }, row);
    expect(first).toMatchObject({ status: 200, body: { order_id: id, version: 2 } });
    expect(first.sent).toMatchObject({ type: 'RequestPayment', data: { order_id: id } });
    expect(await pay({ type: 'CommandRepeated', data: repeat }, row)).toMatchObject({ status: 200 });
  });

  test.each([
    ['not_payable', null, 422, 'not_payable'],
    ['unknown_order', null, 404, 'not_found'],
    ['unknown_order', 'CANCELLED', 422, 'not_payable'],
    ['unknown_order', 'FAILED', 422, 'not_payable'],
    ['unknown_order', 'PAID', 200, undefined],
  ] as const)('refused as %s, with the view saying %s, is %i %s', async (reason, status, expected, code) => {
    const row = status === null ? null : orderRow(id, { status });
    const answer = await pay(refusal(reason), row);
    expect([answer.status, answer.body.code]).toEqual([expected, code]);
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
      { type: 'OrderCancelled', data: { order_id: id, customer_id: 'key-s', reason: null, version: 2, settles: [] } },
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
    expect([answer.statusCode, answer.json<Body>().status, answer.headers.etag]).toEqual([200, 'CANCELLED', '"2.150"']);
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

  test.each([
    ['"1.100", "2.150"', 2],
    ['"2.150", "1.100"', 2],
    ['"4.300", "3.200"', 4],
    ['*', null],
  ])('If-Match %s travels as the version that may be the present one', async (tags, expected_version) => {
    const client = cancelling();
    await cancel(await given({ client, views: playedViews({ orders: [row] }) }), { 'if-match': tags });
    expect(client.submitted[0]?.command.data).toMatchObject({ expected_version });
  });

  test('says so although the view is behind or away', async () => {
    const behind = playedViews({ orders: [orderRow(id)] }, () => 120);
    const late = await cancel(await given({ client: cancelling(), views: behind }));
    expect([
      late.statusCode,
      late.json<Body>().status,
      late.json<Body>().version,
      late.headers['ledger-stale'],
    ]).toEqual([200, 'CANCELLED', 2, 'true']);
    const blind = await cancel(await given({ client: cancelling(), views: away }));
    expect([blind.statusCode, blind.json<Body>()]).toEqual([200, { order_id: id, status: 'CANCELLED' }]);
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
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([code, problem]);
  });
});

describe('products', () => {
  const product = lampOf({
    price: usd(5),
    on_hand: 10,
    held: 3,
    available: 7,
    created_at: brokerTime,
    updated_at: brokerTime,
    journal_offset: 90,
  });
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
    expect(answer.json<Body>()).toMatchObject({ on_hand: null, held: 0, available: null, tracked: false, version: 1 });
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
    expect(answer.json<Body>()).toMatchObject({ name: 'Lamp', on_hand: 15, available: 12, version: 2 });
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
