// GET /v1/orders/{id}/events before the history itself: what clients see of events, and what is waited for.
import { afterEach, describe, expect, test } from '@jest/globals';
import type { OrderEventView } from '../../projections/views.ts';
import { createApps, getAsService as get } from './apps.ts';
import type { Body, Given } from './support.ts';
import { asOperator, brokerTime, playedViews } from './support.ts';

const { given, close } = createApps();
afterEach(close);

const now = new Date(brokerTime).toISOString();

describe('the events of an order', () => {
  const id = '0003b85d-f41c-81f9-beb7-9f4ef3ebd95e';
  const event: OrderEventView = {
    type: 'StockHeld',
    at: brokerTime,
    partition: 3,
    journal_offset: 7,
    command_id: '11111111-1111-4111-8111-111111111111',
    actor: 'key:x',
    command_offset: 5,
    source: { partition: 1, command_offset: 9 },
    correlation_id: 'trace',
    data: { order_id: id },
  };
  const withEvents = (next: number): Given => ({
    views: {
      ...playedViews({}, () => next),
      orderEvents: () => Promise.resolve({ row: { rows: [event], next: null, total: 1 }, next }),
    },
  });

  test('say where they are, who asked, and what caused them', async () => {
    const answer = await get(await given(withEvents(8)), `/v1/orders/${id}/events`);
    expect(answer.json()).toEqual({
      data: [
        {
          type: 'StockHeld',
          at: now,
          position: '3:7',
          command_id: event.command_id,
          actor: 'key:x',
          cause: { command: '3:5', source: '1:9', trace_id: 'trace' },
          data: { order_id: id },
        },
      ],
      next_cursor: null,
    });
    expect(answer.headers['ledger-stale']).toBeUndefined();
  });

  test('are stale where the view is behind what the caller has seen', async () => {
    const headers = { 'ledger-position': '3:20', prefer: 'wait=0' };
    const answer = await get(await given(withEvents(8)), `/v1/orders/${id}/events`, headers);
    expect([answer.statusCode, answer.headers['ledger-stale']]).toEqual([200, 'true']);
  });

  test.each([
    ['3:7,5:20', 'true'],
    ['3:7,5:7', undefined],
  ])('of other partitions that the caller has seen are shown too: %s', async (position, stale) => {
    const headers = { 'ledger-position': position, prefer: 'wait=0' };
    const answer = await get(await given(withEvents(8)), `/v1/orders/${id}/events`, headers);
    expect([answer.statusCode, answer.headers['ledger-stale']]).toEqual([200, stale]);
  });

  test('of another partition are waited for', async () => {
    let looks = 0;
    const views = {
      ...playedViews({}, () => 8),
      orderEvents: () => Promise.resolve({ row: { rows: [event], next: null, total: 1 }, next: 8 }),
      progress: () => Promise.resolve(new Map([[5, (looks += 1) > 2 ? 21 : 8]])),
    };
    const answer = await get(await given({ views }), `/v1/orders/${id}/events`, { 'ledger-position': '3:7,5:20' });
    expect([answer.statusCode, answer.headers['ledger-stale'], looks]).toEqual([200, undefined, 3]);
  });

  test('of no order are not found', async () => {
    const app = await given({});
    for (const path of [id, 'nonsense']) {
      const answer = await app.inject({ url: `/v1/orders/${path}/events`, headers: asOperator });
      expect([answer.statusCode, answer.json<Body>().code]).toEqual([404, 'not_found']);
    }
  });
});
