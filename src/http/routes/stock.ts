// HTTP room: /v1/products/{product_id}/stock-adjustments and /stock-history.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { changedAnswer } from '../answers.ts';
import { identityOf, submitFor } from '../commands.ts';
import { listBody, pagingOf, pagingQuery } from '../lists.ts';
import { documented, listOf, requestHeaders } from '../openapi.ts';
import { Problem } from '../problems.ts';
import { expectedVersion, productOf, readOptions, sendAnswer } from '../requests.ts';
import { movementJson } from '../resources.ts';
import type { Room } from '../room.ts';
import { adjustStockBody, productParams } from '../schemas.ts';
import { undecidedAnswer } from '../undecided.ts';
import { bodyProblems, headersIn, keyProblems, loadProblems, presentVersion, undecidedDoc } from './shared.ts';

type App = Parameters<FastifyPluginAsyncTypebox>[0];

export const stockRoutes =
  (room: Room): FastifyPluginAsyncTypebox =>
  (app) => {
    adjust(room, app);
    history(room, app);
    return Promise.resolve();
  };

function adjust(room: Room, app: App): void {
  app.post(
    '/products/:product_id/stock-adjustments',
    {
      config: { permission: 'products', idempotencyKey: 'required' },
      schema: {
        ...documented({
          operationId: 'adjustStock',
          summary: 'Add units, take units away, or set how many there are.',
          tag: 'products',
          good: {
            200: {
              description: 'The product.',
              schema: 'Product',
              headers: ['ETag', 'Ledger-Position', 'Idempotent-Replayed', 'Ledger-Stale', 'Preference-Applied'],
            },
            202: undecidedDoc,
          },
          problems: [
            ...keyProblems,
            ...bodyProblems,
            ...loadProblems,
            'not_found',
            'would_go_below_held',
            'version_mismatch',
            'product_archived',
            'not_tracked',
            'amount_too_large',
          ],
        }),
        params: productParams,
        headers: requestHeaders(headersIn('idempotency-key', 'if-match', 'prefer'), ['idempotency-key']),
        body: adjustStockBody,
      },
    },
    async (request, reply) => {
      const { delta, set_to: setTo, reason, reference } = request.body;
      const id = productOf(request.params);
      const effective = {
        product_id: id,
        delta: delta ?? null,
        set_to: setTo ?? null,
        reason,
        reference: reference ?? null,
      };
      const expected_version = await expectedVersion(request, presentVersion(room, id));
      const answered = await submitFor(room, request, reply, {
        identity: identityOf(request, 'adjust_stock'),
        command: { type: 'AdjustStock', data: { ...effective, expected_version } },
        partition: room.client.partitionOf(id),
        effective,
      });
      const answer =
        answered.kind === 'undecided'
          ? undecidedAnswer(`/v1/products/${id}`, { product_id: id })
          : await changedAnswer({ reader: room.reader, waitMs: room.config.viewWaitMsMax }, id, answered);
      return sendAnswer(request, reply, answer, room.config.outcomeWaitMsMax);
    },
  );
}

function history(room: Room, app: App): void {
  const { client, config, reader } = room;
  app.get(
    '/products/:product_id/stock-history',
    {
      config: { permission: 'read' },
      schema: {
        ...documented({
          operationId: 'listStockHistory',
          summary: "Movements of a product's stock, newest first.",
          tag: 'products',
          good: {
            200: {
              description: 'The movements.',
              schema: listOf('Movement'),
              headers: ['Ledger-Stale', 'Preference-Applied'],
            },
          },
          problems: ['not_found', 'validation_failed', 'cursor_invalid', 'projection_behind'],
        }),
        params: productParams,
        headers: requestHeaders(headersIn('ledger-position', 'prefer')),
        querystring: Type.Object(pagingQuery, { additionalProperties: false }),
      },
    },
    async (request, reply) => {
      const id = productOf(request.params);
      const partition = client.partitionOf(id);
      const paging = pagingOf(request.query);
      const options = readOptions(request, partition, { ...config, partitions: client.partitions });
      const { row, stale } = await reader.product(id, partition, options);
      if (row === null) throw new Problem('not_found');
      const listed = await reader.list((views) => views.movements({ product_id: id }, paging));
      const headers = stale ? { 'ledger-stale': 'true' } : {};
      const body = listBody(listed, paging, movementJson);
      return sendAnswer(request, reply, { status: 'done', headers, body }, config.viewWaitMsMax);
    },
  );
}
