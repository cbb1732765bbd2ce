// HTTP room: /v1/products: create, read, list, change, archive.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { ProductFilter } from '../../../projections/views.ts';
import { archivedAnswer, changedAnswer, createdAnswer } from '../answers.ts';
import { identityOf, submitFor } from '../commands.ts';
import { etagOf, noneMatches } from '../headers.ts';
import { newProductId, parseProductId } from '../ids.ts';
import { listBody, pagingOf, pagingQuery } from '../lists.ts';
import { documented, listOf, requestHeaders } from '../openapi.ts';
import { Problem } from '../problems.ts';
import { expectedVersion, productOf, readOptions, sendAnswer } from '../requests.ts';
import { productJson } from '../resources.ts';
import type { Room } from '../room.ts';
import { changeProductBody, createProductBody, productParams } from '../schemas.ts';
import { undecidedAnswer } from '../undecided.ts';
import { bodyProblems, headersIn, loadProblems, presentVersion, readDoc, undecidedDoc } from './shared.ts';

type App = Parameters<FastifyPluginAsyncTypebox>[0];

const listQuery = Type.Object(
  {
    archived: Type.Optional(Type.Boolean({ description: 'true: archived products instead of offered ones.' })),
    ...pagingQuery,
  },
  { additionalProperties: false },
);

export const productRoutes =
  (room: Room): FastifyPluginAsyncTypebox =>
  (app) => {
    create(room, app);
    reads(room, app);
    change(room, app);
    archive(room, app);
    return Promise.resolve();
  };

function create(room: Room, app: App): void {
  app.post(
    '/products',
    {
      config: { permission: 'products', idempotencyKey: 'accepted' },
      schema: {
        ...documented({
          operationId: 'createProduct',
          summary: 'Offer a new product.',
          tag: 'products',
          good: {
            201: {
              description: 'The product is offered.',
              schema: 'Product',
              headers: ['Location', 'ETag', 'Ledger-Position', 'Preference-Applied'],
            },
            200: {
              description: 'An earlier request with this key was accepted; the product as it is now.',
              schema: 'Product',
              headers: [
                'Location',
                'ETag',
                'Ledger-Position',
                'Idempotent-Replayed',
                'Ledger-Stale',
                'Preference-Applied',
              ],
            },
            202: undecidedDoc,
          },
          problems: [
            ...bodyProblems,
            ...loadProblems,
            'already_exists',
            'idempotency_key_invalid',
            'idempotency_key_reused',
          ],
        }),
        headers: requestHeaders(headersIn('idempotency-key', 'prefer')),
        body: createProductBody,
      },
    },
    async (request, reply) => {
      const { body } = request;
      const identity = identityOf(request, 'create_product');
      // A generated id follows the key, so that a repeat of the request finds the same product.
      const id = body.product_id ?? (identity.keyed ? parseProductId(identity.commandId) : null) ?? newProductId();
      const effective = {
        product_id: id,
        name: body.name,
        price: body.price,
        stock: body.stock,
        low_stock_threshold: body.low_stock_threshold ?? null,
        billing: body.billing ?? 'single',
        frequency: body.frequency ?? null,
      };
      const answered = await submitFor(room, request, reply, {
        identity,
        command: { type: 'CreateProduct', data: effective },
        partition: room.client.partitionOf(id),
        effective,
      });
      const answer =
        answered.kind === 'undecided'
          ? undecidedAnswer(`/v1/products/${id}`, { product_id: id })
          : await createdAnswer(contextOf(room), id, answered);
      return sendAnswer(request, reply, answer, room.config.outcomeWaitMsMax);
    },
  );
}

function reads(room: Room, app: App): void {
  const { client, config, reader } = room;
  app.get(
    '/products/:product_id',
    {
      config: { permission: 'read' },
      schema: { ...readDoc('getProduct', 'One product.', 'products', 'Product'), params: productParams },
    },
    async (request, reply) => {
      const id = productOf(request.params);
      const partition = client.partitionOf(id);
      const options = readOptions(request, partition, { ...config, partitions: client.partitions });
      const { row, stale } = await reader.product(id, partition, options);
      if (row === null) throw new Problem('not_found');
      const etag = etagOf(row);
      const headers = { etag, ...(stale ? { 'ledger-stale': 'true' } : {}) };
      if (stale) room.metrics.staleReads.inc();
      if (noneMatches(request.headers['if-none-match'], etag)) {
        return sendAnswer(request, reply, { status: 'unmodified', headers, body: null }, config.viewWaitMsMax);
      }
      return sendAnswer(request, reply, { status: 'done', headers, body: productJson(row) }, config.viewWaitMsMax);
    },
  );

  app.get(
    '/products',
    {
      config: { permission: 'read' },
      schema: {
        ...documented({
          operationId: 'listProducts',
          summary: 'Products by id.',
          tag: 'products',
          good: { 200: { description: 'The products.', schema: listOf('Product'), headers: ['Ledger-Stale'] } },
          problems: ['validation_failed', 'cursor_invalid'],
        }),
        querystring: listQuery,
      },
    },
    async (request, reply) => {
      const paging = pagingOf(request.query);
      const { archived } = request.query;
      const filter: ProductFilter = archived === undefined ? {} : { archived };
      const listed = await reader.list((views) => views.products(filter, paging));
      return sendAnswer(request, reply, {
        status: 'done',
        headers: client.ready() ? {} : { 'ledger-stale': 'true' },
        body: listBody(listed, paging, productJson),
      });
    },
  );
}

function change(room: Room, app: App): void {
  app.patch(
    '/products/:product_id',
    {
      config: { permission: 'products' },
      schema: {
        ...documented({
          operationId: 'changeProduct',
          summary: 'Change name, price or threshold; what is absent stays as it is.',
          tag: 'products',
          good: {
            200: {
              description: 'The product.',
              schema: 'Product',
              headers: ['ETag', 'Ledger-Position', 'Ledger-Stale', 'Preference-Applied'],
            },
            202: undecidedDoc,
          },
          problems: [...bodyProblems, ...loadProblems, 'not_found', 'product_archived', 'version_mismatch'],
        }),
        params: productParams,
        headers: requestHeaders(headersIn('if-match', 'prefer')),
        body: changeProductBody,
      },
    },
    async (request, reply) => {
      const { name, price, low_stock_threshold: threshold } = request.body;
      const id = productOf(request.params);
      const effective = {
        product_id: id,
        expected_version: await expectedVersion(request, presentVersion(room, id)),
        name: name ?? null,
        price: price ?? null,
        low_stock_threshold: threshold === undefined ? null : { value: threshold },
      };
      const answered = await submitFor(room, request, reply, {
        identity: identityOf(request, 'change_product'),
        command: { type: 'ChangeProduct', data: effective },
        partition: room.client.partitionOf(id),
        effective,
      });
      const answer =
        answered.kind === 'undecided'
          ? undecidedAnswer(`/v1/products/${id}`, { product_id: id })
          : await changedAnswer(contextOf(room), id, answered);
      return sendAnswer(request, reply, answer, room.config.outcomeWaitMsMax);
    },
  );
}

function archive(room: Room, app: App): void {
  app.delete(
    '/products/:product_id',
    {
      config: { permission: 'products' },
      schema: {
        ...documented({
          operationId: 'archiveProduct',
          summary: 'Stop offering a product; holds stay as they are. Idempotent.',
          tag: 'products',
          good: {
            204: {
              description: 'The product is archived.',
              schema: null,
              headers: ['Ledger-Position', 'Preference-Applied'],
            },
            202: undecidedDoc,
          },
          problems: [...bodyProblems, ...loadProblems, 'not_found', 'version_mismatch'],
        }),
        params: productParams,
        headers: requestHeaders(headersIn('if-match', 'prefer')),
      },
    },
    async (request, reply) => {
      const id = productOf(request.params);
      const effective = { product_id: id, expected_version: await expectedVersion(request, presentVersion(room, id)) };
      const answered = await submitFor(room, request, reply, {
        identity: identityOf(request, 'archive_product'),
        command: { type: 'ArchiveProduct', data: effective },
        partition: room.client.partitionOf(id),
        effective,
      });
      const answer =
        answered.kind === 'undecided'
          ? undecidedAnswer(`/v1/products/${id}`, { product_id: id })
          : archivedAnswer(answered);
      return sendAnswer(request, reply, answer, room.config.outcomeWaitMsMax);
    },
  );
}

function contextOf({ reader, config }: Room): Parameters<typeof createdAnswer>[0] {
  return { reader, waitMs: config.viewWaitMsMax };
}
