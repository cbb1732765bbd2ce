// HTTP room: /v1/orders: place, read, list, cancel, pay.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import type { OrderFilter } from '../../../projections/views.ts';
import { readUntypedBodies } from '../bodies.ts';
import { cancelledAnswer, payingAnswer } from '../answers.ts';
import { placeOrder, identityOf, submitFor } from '../commands.ts';
import { etagOf, noneMatches } from '../headers.ts';
import type { OrderId } from '../ids.ts';
import { parseOrderId } from '../ids.ts';
import { listBody, momentOf, momentSchema, pagingOf, pagingQuery } from '../lists.ts';
import { documented, listOf, requestHeaders } from '../openapi.ts';
import { Problem } from '../problems.ts';
import { expectedVersion, readOptions, sendAnswer } from '../requests.ts';
import { orderJson } from '../resources.ts';
import type { Room } from '../room.ts';
import {
  anyText,
  noBody,
  customerIdSchema,
  orderParams,
  orderStatusSchema,
  placeOrderBody,
  productIdSchema,
} from '../schemas.ts';
import { undecidedAnswer, undecidedRetryS } from '../undecided.ts';
import { bodyProblems, headersIn, loadProblems, orderPlacement, readDoc, undecidedDoc } from './shared.ts';

const listQuery = Type.Object(
  {
    customer_id: Type.Optional(customerIdSchema),
    status: Type.Optional(orderStatusSchema),
    product_id: Type.Optional(productIdSchema),
    reference: Type.Optional(Type.String({ minLength: 1, maxLength: 255, ...anyText })),
    from: momentSchema('Orders created at this moment or later.'),
    to: momentSchema('Orders created before this moment.'),
    ...pagingQuery,
  },
  { additionalProperties: false },
);

export const orderRoutes =
  (room: Room): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      '/orders',
      {
        config: { permission: 'orders', idempotencyKey: 'required' },
        schema: {
          ...orderPlacement('placeOrder', 'Order products: all lines or none.'),
          body: placeOrderBody,
        },
      },
      async (request, reply) => {
        const { lines, ...members } = request.body;
        const fallback = members.priority ?? 'normal';
        const full = lines.map(({ product_id, quantity, priority }) => ({
          product_id,
          quantity,
          priority: priority ?? fallback,
        }));
        const answer = await placeOrder(room, request, reply, { operation: 'place_order', lines: full, members });
        return sendAnswer(request, reply, answer, room.config.outcomeWaitMsMax);
      },
    );

    app.get(
      '/orders',
      {
        config: { permission: 'read' },
        schema: {
          ...documented({
            operationId: 'listOrders',
            summary: 'Orders, newest first; refused ones only where asked for.',
            tag: 'orders',
            good: { 200: { description: 'The orders.', schema: listOf('Order'), headers: ['Ledger-Stale'] } },
            problems: ['validation_failed', 'cursor_invalid'],
          }),
          querystring: listQuery,
        },
      },
      async (request, reply) => {
        const paging = pagingOf(request.query);
        const filter = filterOf(request.query);
        const listed = await room.reader.list((views) => views.orders(filter, paging));
        return sendAnswer(request, reply, {
          status: 'done',
          headers: room.client.ready() ? {} : { 'ledger-stale': 'true' },
          body: listBody(listed, paging, orderJson),
        });
      },
    );

    readOne(room, app);
    await app.register(cancel(room));
    await app.register(pay(room));
  };

/** Enough to wait until the history of an order is there. */
const firstEvent = { kind: 'cursor', limit: 1, after: null } as const;

function readOne(room: Room, app: Parameters<FastifyPluginAsyncTypebox>[0]): void {
  const { client, config, reader, undecided } = room;
  app.get(
    '/orders/:order_id',
    {
      config: { permission: 'read' },
      schema: {
        ...readDoc('getOrder', 'One order, as it is or as it was at a moment.', 'orders', 'Order'),
        params: orderParams,
        querystring: Type.Object(
          { at: momentSchema('A log time: the order as it was then.') },
          { additionalProperties: false },
        ),
      },
    },
    async (request, reply) => {
      const { id, partition } = orderOf(request.params, client.partitions);
      const options = readOptions(request, partition, { ...config, partitions: client.partitions });
      const { at } = request.query;
      if (at !== undefined) {
        const { row: first, stale } = await reader.orderEvents(id, partition, firstEvent, options);
        const then = first === null ? null : await reader.list((views) => views.orderAt(id, momentOf(at)));
        if (then === null) throw new Problem('not_found', { detail: 'There was no such order at that moment.' });
        const headers = stale ? { 'ledger-stale': 'true' } : {};
        return sendAnswer(request, reply, { status: 'done', headers, body: orderJson(then) }, config.viewWaitMsMax);
      }
      const { row, stale } = await reader.order(id, partition, options);
      if (row === null) throw new Problem('not_found', undecided.has(id) ? { retryAfterS: undecidedRetryS } : {});
      const etag = etagOf(row);
      const headers = { etag, ...(stale ? { 'ledger-stale': 'true' } : {}) };
      if (stale) room.metrics.staleReads.inc();
      if (noneMatches(request.headers['if-none-match'], etag)) {
        return sendAnswer(request, reply, { status: 'unmodified', headers, body: null }, config.viewWaitMsMax);
      }
      return sendAnswer(request, reply, { status: 'done', headers, body: orderJson(row) }, config.viewWaitMsMax);
    },
  );
}

/** In a scope of its own, because its body may come without a media type. */
const cancel =
  (room: Room): FastifyPluginAsyncTypebox =>
  (scope) => {
    const { client, config, reader } = room;
    readUntypedBodies(scope);
    scope.post(
      '/orders/:order_id/cancel',
      {
        config: { permission: 'orders' },
        schema: {
          ...documented({
            operationId: 'cancelOrder',
            summary: 'Give an order up and its stock back. Idempotent.',
            tag: 'orders',
            good: {
              200: {
                description: 'The order is cancelled.',
                schema: 'Order',
                headers: ['ETag', 'Ledger-Position', 'Ledger-Stale', 'Preference-Applied'],
              },
              202: undecidedDoc,
            },
            problems: [...bodyProblems, ...loadProblems, 'not_found', 'not_cancellable', 'version_mismatch'],
          }),
          params: orderParams,
          body: noBody,
          headers: requestHeaders(headersIn('if-match', 'prefer')),
        },
      },
      async (request, reply) => {
        const { id, partition } = orderOf(request.params, client.partitions);
        const present = async (): Promise<number | null> => {
          const { row } = await reader.order(id, partition, { atLeast: 0, waitMs: config.viewWaitMsMax });
          return row?.version ?? null;
        };
        const effective = { order_id: id, expected_version: await expectedVersion(request, present), reason: null };
        const answered = await submitFor(room, request, reply, {
          identity: identityOf(request, 'cancel_order'),
          command: { type: 'CancelOrder', data: effective },
          partition,
          effective,
        });
        const answer =
          answered.kind === 'undecided'
            ? undecidedAnswer(`/v1/orders/${id}`, { order_id: id })
            : await cancelledAnswer({ reader, waitMs: config.viewWaitMsMax }, id, answered);
        return sendAnswer(request, reply, answer, config.outcomeWaitMsMax);
      },
    );
    return Promise.resolve();
  };

/** In a scope of its own, because its body may come without a media type. */
const pay =
  (room: Room): FastifyPluginAsyncTypebox =>
  (scope) => {
    const { client, config, reader } = room;
    readUntypedBodies(scope);
    scope.post(
      '/orders/:order_id/pay',
      {
        config: { permission: 'orders' },
        schema: {
          ...documented({
            operationId: 'payOrder',
            summary: 'Let the payment of a manual order begin. Idempotent.',
            tag: 'orders',
            good: {
              200: {
                description: 'The payment begins, or began before; the order as it is now.',
                schema: 'Order',
                headers: ['ETag', 'Ledger-Position', 'Ledger-Stale', 'Preference-Applied'],
              },
              202: undecidedDoc,
            },
            problems: [...bodyProblems, ...loadProblems, 'not_found', 'not_payable'],
          }),
          params: orderParams,
          body: noBody,
          headers: requestHeaders(headersIn('prefer')),
        },
      },
      async (request, reply) => {
        const { id, partition } = orderOf(request.params, client.partitions);
        const effective = { order_id: id };
        const answered = await submitFor(room, request, reply, {
          identity: identityOf(request, 'pay_order'),
          command: { type: 'RequestPayment', data: effective },
          partition,
          effective,
        });
        const answer =
          answered.kind === 'undecided'
            ? undecidedAnswer(`/v1/orders/${id}`, { order_id: id })
            : await payingAnswer({ reader, waitMs: config.viewWaitMsMax }, id, answered);
        return sendAnswer(request, reply, answer, config.outcomeWaitMsMax);
      },
    );
    return Promise.resolve();
  };

/** The order in the path. @throws Problem `not_found` where no such id can be */
function orderOf(
  { order_id: text }: { readonly order_id: string },
  partitions: number,
): { readonly id: OrderId; readonly partition: number } {
  const order = parseOrderId(text, partitions);
  if (order === null) throw new Problem('not_found');
  return order;
}

function filterOf(query: Static<typeof listQuery>): OrderFilter {
  return {
    ...(query.customer_id === undefined ? {} : { customer_id: query.customer_id }),
    ...(query.status === undefined ? {} : { status: query.status }),
    ...(query.product_id === undefined ? {} : { product_id: query.product_id }),
    ...(query.reference === undefined ? {} : { reference: query.reference }),
    ...(query.from === undefined ? {} : { from: momentOf(query.from) }),
    ...(query.to === undefined ? {} : { to: momentOf(query.to) }),
  };
}
