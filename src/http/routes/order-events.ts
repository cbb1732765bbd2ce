// HTTP room: GET /v1/orders/{order_id}/events.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { parseOrderId } from '../ids.ts';
import { listBody, pagingOf, pagingQuery } from '../lists.ts';
import { documented, listOf, requestHeaders } from '../openapi.ts';
import { Problem } from '../problems.ts';
import { readOptions, sendAnswer } from '../requests.ts';
import { orderEventJson } from '../resources.ts';
import type { Room } from '../room.ts';
import { orderParams } from '../schemas.ts';
import { undecidedRetryS } from '../undecided.ts';
import { headersIn } from './shared.ts';

const docs = documented({
  operationId: 'listOrderEvents',
  summary: 'Every event that names an order, oldest first, also of other partitions than its own.',
  tag: 'orders',
  good: {
    200: { description: 'The events.', schema: listOf('OrderEvent'), headers: ['Ledger-Stale', 'Preference-Applied'] },
  },
  problems: ['not_found', 'validation_failed', 'cursor_invalid', 'projection_behind'],
});

export const orderEventRoutes =
  ({ client, config, reader, metrics, undecided }: Room): FastifyPluginAsyncTypebox =>
  (app) => {
    app.get(
      '/orders/:order_id/events',
      {
        config: { permission: 'read' },
        schema: {
          ...docs,
          params: orderParams,
          headers: requestHeaders(headersIn('ledger-position', 'prefer')),
          querystring: Type.Object(pagingQuery, { additionalProperties: false }),
        },
      },
      async (request, reply) => {
        const order = parseOrderId(request.params.order_id, client.partitions);
        if (order === null) throw new Problem('not_found');
        const { id, partition } = order;
        const paging = pagingOf(request.query);
        const options = readOptions(request, partition, { ...config, partitions: client.partitions });
        const { row, stale } = await reader.orderEvents(id, partition, paging, options);
        if (row === null) throw new Problem('not_found', undecided.has(id) ? { retryAfterS: undecidedRetryS } : {});
        if (stale) metrics.staleReads.inc();
        const headers = stale ? { 'ledger-stale': 'true' } : {};
        const body = listBody(row, paging, orderEventJson);
        return sendAnswer(request, reply, { status: 'done', headers, body }, config.viewWaitMsMax);
      },
    );
    return Promise.resolve();
  };
