// A log that says what the tests of the way to the log and back need, and an app that is closed after each test.
import type { FastifyInstance } from 'fastify';
import { afterEach } from '@jest/globals';
import type { OrderLine } from '../../schemas/generated.ts';
import type { CommandRecord } from '../../schemas/records.ts';
import type { OrderView, Views } from '../../projections/views.ts';
import type { Given, PlayedClient } from './support.ts';
import { appOf, asService, brokerTime, outcomeOf, playedViews } from './support.ts';

const apps: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

export async function given(what: Given & { readonly client: PlayedClient }): Promise<FastifyInstance> {
  const app = await appOf({
    ...what,
    env: { LEDGER_OUTCOME_WAIT_MS_MAX: '300', LEDGER_VIEW_WAIT_MS_MAX: '200', ...what.env },
  });
  apps.push(app);
  return app;
}

export const usd = (amount: number) => ({ amount, currency: 'USD' });
export const orderLine: OrderLine = {
  product_id: 'a',
  quantity: 2,
  unit_price: usd(5),
  total: usd(10),
  priority: 'normal',
};

/** What the writer would say to a PlaceOrder that it takes; the offset of the send is `placedAt`. */
export function accepted(command: CommandRecord, placedAt: number) {
  if (command.type !== 'PlaceOrder') throw new Error(`${command.type} is no PlaceOrder`);
  const { expires_after_s: _, lines: __, ...data } = command.data;
  const event = {
    type: 'OrderAccepted' as const,
    data: { ...data, lines: [orderLine], total: usd(10), expires_at: brokerTime + 900_000, version: 1, rests_on: [] },
  };
  const { command_id: commandId, fingerprint } = command.meta;
  return outcomeOf(event, { commandId, fingerprint, placedAt, offset: 100 + placedAt });
}

export function repeated(command: CommandRecord, placedAt: number, orderId: string, decided = 'OrderAccepted') {
  const data = { order_id: orderId, product_id: null, first_offset: 100, decided };
  return outcomeOf(
    { type: 'CommandRepeated', data },
    { commandId: command.meta.command_id, placedAt, offset: 100 + placedAt },
  );
}

export function refused(command: CommandRecord, placedAt: number, reason: string, remembered = true) {
  const data = { reason, detail: `It is ${reason}.`, product_id: 'a', order_id: null };
  const { command_id: commandId, fingerprint } = command.meta;
  const about = { commandId, placedAt, offset: 100 + placedAt };
  return outcomeOf({ type: 'CommandRefused', data }, remembered ? { ...about, fingerprint } : about);
}

export function order(app: FastifyInstance, headers: { readonly [name: string]: string } = {}, key = 'k1') {
  const payload = { lines: [{ product_id: 'a', quantity: 2 }] };
  const all = { ...asService, 'idempotency-key': key, ...headers };
  return app.inject({ method: 'POST', url: '/v1/orders', headers: all, payload });
}

export const orderRow = (orderId: string, members: Partial<OrderView> = {}): OrderView => ({
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

export const away: Views = {
  ...playedViews(),
  order: () => Promise.reject(new Error('Connection terminated unexpectedly')),
  product: () => Promise.reject(new Error('Connection terminated unexpectedly')),
};
