// GET /v1/products/{id}/stock before the movements themselves: which moment is asked for, and which one is answered.
import { expect, test } from '@jest/globals';
import type { MovementView, Views } from '../../projections/views.ts';
import { appOf, asOperator, brokerTime, lampOf, playedViews } from './support.ts';

const product = lampOf({ on_hand: 5, held: 2, available: 3, journal_offset: 7 });

/** The only movement is at `movedAt`; views answer as the real ones do. */
async function ask(movedAt: number, query = '') {
  const place = { partition: 0, journal_offset: 7, order_id: null, reason: null, reference: null };
  const movement: MovementView = {
    product_id: 'a',
    at: movedAt,
    kind: 'held',
    quantity: 2,
    on_hand: 5,
    held: 2,
    ...place,
  };
  const stockAt: Views['stockAt'] = (_id, at) => Promise.resolve(at === null || movedAt <= at ? movement : null);
  const app = await appOf({ views: { ...playedViews({ products: [product] }), stockAt } });
  try {
    const answer = await app.inject({ url: `/v1/products/a/stock${query}`, headers: asOperator });
    return { status: answer.statusCode, body: answer.json<{ at: string; moved_at: string; available: number }>() };
  } finally {
    await app.close();
  }
}

const iso = (ms: number): string => new Date(ms).toISOString();

test.each([
  ['before', -5_000, brokerTime],
  ['after', 5_000, brokerTime + 5_000],
])('now, with a last movement %s what this instance takes for now', async (_when, later, at) => {
  const movedAt = brokerTime + later;
  const { status, body } = await ask(movedAt);
  expect(status).toBe(200);
  expect(body).toMatchObject({ at: iso(at), moved_at: iso(movedAt), available: 3 });
});

test('a moment that is given is the moment; before the first movement there was no product', async () => {
  const given = `?at=${iso(brokerTime)}`;
  expect((await ask(brokerTime - 1, given)).body.at).toBe(iso(brokerTime));
  expect((await ask(brokerTime + 1, given)).status).toBe(404);
});
