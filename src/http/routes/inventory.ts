// HTTP room: /v1/inventory: how much there is of everything on offer, and how it moved.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { MovementFilter } from '../../../projections/views.ts';
import { figuresDoc, sendFigures } from '../figures.ts';
import { listBody, momentOf, momentSchema, pagingOf, pagingQuery } from '../lists.ts';
import { documented, listOf } from '../openapi.ts';
import { sendAnswer } from '../requests.ts';
import { movementJson } from '../resources.ts';
import type { Room } from '../room.ts';
import { productIdSchema } from '../schemas.ts';

type App = Parameters<FastifyPluginAsyncTypebox>[0];

const listQuery = Type.Object(pagingQuery, { additionalProperties: false });
const movementsQuery = Type.Object(
  {
    product_id: Type.Optional(productIdSchema),
    from: momentSchema('Movements at this moment or later.'),
    to: momentSchema('Movements before this moment.'),
    ...pagingQuery,
  },
  { additionalProperties: false },
);

export const inventoryRoutes =
  (room: Room): FastifyPluginAsyncTypebox =>
  (app) => {
    levels(room, app, false);
    levels(room, app, true);
    summary(room, app);
    transactions(room, app);
    return Promise.resolve();
  };

/** `lacking`: only products whose level is low or out. */
function levels(room: Room, app: App, lacking: boolean): void {
  const docs = documented({
    operationId: lacking ? 'listLowStock' : 'listInventory',
    summary: lacking
      ? 'Products on offer of which there is little or nothing, by id.'
      : 'Levels of all products on offer, by id.',
    tag: 'inventory',
    good: { 200: { description: 'The levels.', schema: listOf('InventoryLevel'), headers: ['Ledger-Stale'] } },
    problems: ['validation_failed', 'cursor_invalid'],
  });
  app.get(
    lacking ? '/inventory/low-stock' : '/inventory',
    { config: { permission: 'read' }, schema: { ...docs, querystring: listQuery } },
    async (request, reply) => {
      const paging = pagingOf(request.query);
      const listed = await room.reader.list((views) => views.inventory(lacking, paging));
      return sendAnswer(request, reply, {
        status: 'done',
        headers: staleness(room),
        body: listBody(listed, paging, (row) => row),
      });
    },
  );
}

function summary(room: Room, app: App): void {
  const docs = figuresDoc({
    operationId: 'getInventorySummary',
    summary: 'Sums over all products on offer.',
    tag: 'inventory',
    schema: 'InventorySummary',
    problems: [],
  });
  app.get('/inventory/summary', { config: { permission: 'read' }, schema: docs }, async (request, reply) => {
    const { as_of, ...sums } = await room.reader.figures((figures) => figures.inventory());
    const { products, on_hand, held, available, low, out, value, sold_30d } = sums;
    const content = { products, on_hand, held, available, low, out, value, sold_30d };
    return sendFigures(room, request, reply, { content, asOf: as_of });
  });
}

function transactions(room: Room, app: App): void {
  const docs = documented({
    operationId: 'listMovements',
    summary: 'Movements of all stock, newest first.',
    tag: 'inventory',
    good: { 200: { description: 'The movements.', schema: listOf('Movement'), headers: ['Ledger-Stale'] } },
    problems: ['validation_failed', 'cursor_invalid'],
  });
  app.get(
    '/inventory/transactions',
    { config: { permission: 'read' }, schema: { ...docs, querystring: movementsQuery } },
    async (request, reply) => {
      const { product_id, from, to } = request.query;
      const paging = pagingOf(request.query);
      const filter: MovementFilter = {
        ...(product_id === undefined ? {} : { product_id }),
        ...(from === undefined ? {} : { from: momentOf(from) }),
        ...(to === undefined ? {} : { to: momentOf(to) }),
      };
      const listed = await room.reader.list((views) => views.movements(filter, paging));
      const body = listBody(listed, paging, movementJson);
      return sendAnswer(request, reply, { status: 'done', headers: staleness(room), body });
    },
  );
}

function staleness({ client }: Room): { readonly [name: string]: string } {
  return client.ready() ? {} : { 'ledger-stale': 'true' };
}
