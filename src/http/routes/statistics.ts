// HTTP room: GET /v1/orders/statistics, and the same under its short name.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { figuresDoc, sendFigures } from '../figures.ts';
import type { Room } from '../room.ts';

const addresses = [
  { path: '/orders/statistics', operationId: 'getOrderStatistics' },
  { path: '/orders/stats', operationId: 'getOrderStats' },
] as const;

export const statisticsRoutes =
  (room: Room): FastifyPluginAsyncTypebox =>
  (app) => {
    for (const { path, operationId } of addresses) {
      const docs = figuresDoc({
        operationId,
        summary: 'How many orders stand where, what happened today, and what was earned.',
        tag: 'orders',
        schema: 'OrderStatistics',
        problems: [],
      });
      app.get(path, { config: { permission: 'read' }, schema: docs }, async (request, reply) => {
        const { as_of, ...all } = await room.reader.figures((figures) => figures.orders());
        const { total, by_status, today, revenue, average_order_value } = all;
        const content = { total, by_status, today, revenue, average_order_value };
        return sendFigures(room, request, reply, { content, asOf: as_of });
      });
    }
    return Promise.resolve();
  };
