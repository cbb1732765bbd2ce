// HTTP room: /v1/products/{product_id}/purchase: an order of one line.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { placeOrder } from '../commands.ts';
import { productOf, sendAnswer } from '../requests.ts';
import type { Room } from '../room.ts';
import { productParams, purchaseBody } from '../schemas.ts';
import { orderPlacement } from './shared.ts';

export const purchaseRoutes =
  (room: Room): FastifyPluginAsyncTypebox =>
  (app) => {
    app.post(
      '/products/:product_id/purchase',
      {
        config: { permission: 'orders', idempotencyKey: 'required' },
        schema: {
          ...orderPlacement('purchaseProduct', 'Order one product.'),
          params: productParams,
          body: purchaseBody,
        },
      },
      async (request, reply) => {
        const { quantity, ...members } = request.body;
        const line = { product_id: productOf(request.params), quantity, priority: members.priority ?? 'normal' };
        const answer = await placeOrder(room, request, reply, {
          operation: 'purchase_product',
          lines: [line],
          members,
        });
        return sendAnswer(request, reply, answer, room.config.outcomeWaitMsMax);
      },
    );
    return Promise.resolve();
  };
