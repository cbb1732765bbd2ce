// Orders whose products live in several partitions: how the end that the last partition leads to is answered.
import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/platform/config.ts';
import { accepted, away, given, order, usd } from './flow-support.ts';
import type { Body } from './support.ts';
import { asService, outcomeOf, playedClient } from './support.ts';

describe('an order over several partitions', () => {
  test('is put to the home of its first product and answered by its end, which names every place it rests on', async () => {
    const client = playedClient((sends, played, command) => {
      const { event, ...outcome } = accepted(command, sends - 1);
      if (event.type !== 'OrderAccepted') throw new Error('another event');
      const rests_on = [{ partition: 3, offset: 17 }];
      const meta = { ...event.meta, command_offset: sends + 40 };
      const end = { ...outcome, event: { ...event, meta, data: { ...event.data, rests_on, version: 2 } } };
      queueMicrotask(() => played.say(end));
      return Promise.resolve(sends - 1);
    });
    const ids = Array.from({ length: 20 }, (_, i) => `p${i}`);
    const apart = ids.find((id) => client.partitionOf(id) !== client.partitionOf('a')) ?? '';
    const app = await given({ client, views: away });
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/orders',
      headers: { ...asService, 'idempotency-key': 'k' },
      payload: { lines: [apart, 'a'].map((product_id) => ({ product_id, quantity: 1 })) },
    });
    expect([answer.statusCode, answer.headers['ledger-position']]).toEqual([201, '0:100,3:17']);
    expect(answer.json<Body>()).not.toHaveProperty('rests_on');
    expect(client.submitted.map(({ partition }) => partition)).toEqual([client.partitionOf('a')]);
  });

  test('is told to come back while messages of its home pile up, and nothing is put to the log', async () => {
    const client = playedClient((sends, played, command) => {
      queueMicrotask(() => played.say(accepted(command, sends - 1)));
      return Promise.resolve(sends - 1);
    });
    const ids = Array.from({ length: 20 }, (_, i) => `p${i}`);
    const apart = ids.find((id) => client.partitionOf(id) !== client.partitionOf('a')) ?? '';
    const app = await given({ client, views: away });
    const place = (products: readonly string[]) =>
      app.inject({
        method: 'POST',
        url: '/v1/orders',
        headers: { ...asService, 'idempotency-key': products.join('-') },
        payload: { lines: products.map((product_id) => ({ product_id, quantity: 1 })) },
      });
    client.messaging = readConfig({}).outboxMax / 2;
    const refused = await place([apart, 'a']);
    expect([refused.statusCode, refused.json<Body>().code]).toEqual([503, 'overloaded']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(client.submitted).toEqual([]);
    expect((await place(['a'])).statusCode).toBe(201);
    client.messaging -= 1;
    expect((await place([apart, 'a'])).statusCode).toBe(201);
  });

  test.each([
    ['unknown_product', 422],
    ['product_archived', 422],
    ['mixed_currencies', 422],
    ['amount_too_large', 422],
  ])('that ends as %s is answered as in one partition: %i', async (reason, status) => {
    const client = playedClient((sends, played, command) => {
      if (command.type !== 'PlaceOrder') throw new Error('another command');
      const { expires_after_s: _, repeat_window_s: __, ...data } = command.data;
      const why = { reason, detail: 'It cannot be.', product: null, rests_on: [{ partition: 3, offset: 17 }] };
      const refusal = { ...data, lines: [], total: usd(0), shortages: [], version: 2, ...why, settles: [] };
      const { command_id: commandId, fingerprint } = command.meta;
      const about = { commandId, fingerprint, placedAt: 0, offset: 100 };
      played.say(outcomeOf({ type: 'OrderRefused', data: refusal }, about));
      return Promise.resolve(sends - 1);
    });
    const answer = await order(await given({ client }));
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([status, reason]);
    expect(answer.json<Body>()).toMatchObject({ detail: 'It cannot be.', order_id: expect.any(String) });
    expect(answer.headers['ledger-position']).toBe('0:100,3:17');
  });
});
