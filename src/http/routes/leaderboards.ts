// HTTP room: /v1/leaderboards: who bought most, what sold best, and one customer's place.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { ProductOrder, RankedCustomer } from '../../../projections/views.ts';
import { ageOf, figuresDoc, rankedList, sendFigures } from '../figures.ts';
import { pagingOf, pagingQuery } from '../lists.ts';
import { listOf } from '../openapi.ts';
import { Problem } from '../problems.ts';
import type { Room } from '../room.ts';
import { customerIdSchema } from '../schemas.ts';

type App = Parameters<FastifyPluginAsyncTypebox>[0];

const aroundDefault = 2;
const orders: readonly ProductOrder[] = ['revenue', 'units'];
const currency = Type.Optional(
  Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217 code; the service has a default.', examples: ['USD'] }),
);
const listQuery = Type.Object({ currency, ...pagingQuery }, { additionalProperties: false });
const productsQuery = Type.Object(
  {
    currency,
    by: Type.Optional(
      Type.Unsafe<ProductOrder>({
        type: 'string',
        enum: [...orders],
        description: 'What ranks; `revenue` where absent.',
      }),
    ),
    ...pagingQuery,
  },
  { additionalProperties: false },
);
const oneQuery = Type.Object(
  {
    currency,
    around: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 50, description: `Neighbours on each side; ${aroundDefault} where absent.` }),
    ),
  },
  { additionalProperties: false },
);
const problems = ['validation_failed', 'cursor_invalid', 'projection_behind'] as const;

export const leaderboardRoutes =
  (room: Room): FastifyPluginAsyncTypebox =>
  (app) => {
    customers(room, app);
    customer(room, app);
    products(room, app);
    return Promise.resolve();
  };

function customers(room: Room, app: App): void {
  const docs = figuresDoc({
    operationId: 'listTopCustomers',
    summary: 'Customers by what they have paid.',
    tag: 'figures',
    schema: listOf('RankedCustomer', true),
    problems,
  });
  app.get(
    '/leaderboards/customers',
    { config: { permission: 'read' }, schema: { ...docs, querystring: listQuery } },
    async (request, reply) => {
      const { currency: code = room.config.currency } = request.query;
      const paging = pagingOf(request.query);
      const { listed, as_of } = await room.reader.figures((all) => all.customers(code, paging, ageOf(request)));
      return sendFigures(room, request, reply, { content: rankedList(listed, paging), asOf: as_of });
    },
  );
}

function customer(room: Room, app: App): void {
  const docs = figuresDoc({
    operationId: 'getCustomerRank',
    summary: 'The place of one customer, and who is around it.',
    tag: 'figures',
    schema: 'CustomerRank',
    problems: ['validation_failed', 'not_found', 'projection_behind'],
  });
  app.get(
    '/leaderboards/customers/:customer_id',
    {
      config: { permission: 'read' },
      schema: { ...docs, params: Type.Object({ customer_id: customerIdSchema }), querystring: oneQuery },
    },
    async (request, reply) => {
      const { currency: code = room.config.currency, around = aroundDefault } = request.query;
      const { customer_id: id } = request.params;
      const found = await room.reader.figures((all) => all.customer(code, id, around));
      if (found === null) throw new Problem('not_found', { detail: `${id} has no paid order in ${code}.` });
      const { customer: own, neighbours, as_of } = found;
      const all: readonly RankedCustomer[] = neighbours;
      return sendFigures(room, request, reply, { content: { ...own, neighbours: all }, asOf: as_of });
    },
  );
}

function products(room: Room, app: App): void {
  const docs = figuresDoc({
    operationId: 'listTopProducts',
    summary: 'Products by what was paid for them, or by units.',
    tag: 'figures',
    schema: listOf('RankedProduct', true),
    problems,
  });
  app.get(
    '/leaderboards/products',
    { config: { permission: 'read' }, schema: { ...docs, querystring: productsQuery } },
    async (request, reply) => {
      const { currency: code = room.config.currency, by = 'revenue' } = request.query;
      const paging = pagingOf(request.query);
      const { listed, as_of } = await room.reader.figures((all) => all.products(code, by, paging, ageOf(request)));
      return sendFigures(room, request, reply, { content: rankedList(listed, paging), asOf: as_of });
    },
  );
}
