// HTTP room: GET /v1/products/{product_id}/stock?at=: how much of a product there was at a moment.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { momentOf, momentSchema } from '../lists.ts';
import { documented, requestHeaders } from '../openapi.ts';
import { Problem } from '../problems.ts';
import { productOf, readOptions, sendAnswer } from '../requests.ts';
import type { Room } from '../room.ts';
import { productParams } from '../schemas.ts';
import { headersIn } from './shared.ts';

const answer = Type.Object({
  product_id: Type.String(),
  at: Type.String({ format: 'date-time', description: 'The moment that was asked for; now, where none was.' }),
  on_hand: Type.Unsafe<number | null>({ type: ['integer', 'null'], description: 'null: not tracked.' }),
  held: Type.Integer({ description: 'Units held by orders.' }),
  available: Type.Unsafe<number | null>({ type: ['integer', 'null'], description: 'on_hand minus held.' }),
  position: Type.String({ description: 'The last movement before: <partition>:<offset>.' }),
  moved_at: Type.String({ format: 'date-time', description: 'Its log time.' }),
});

const docs = documented({
  operationId: 'getStockAt',
  summary: 'How much of a product there was at a moment; now, where none is given.',
  tag: 'products',
  good: {
    200: { description: 'The stock.', schema: answer, headers: ['Ledger-Stale', 'Preference-Applied'] },
  },
  problems: ['not_found', 'validation_failed', 'projection_behind'],
});

export const momentRoutes =
  ({ client, config, reader, metrics }: Room): FastifyPluginAsyncTypebox =>
  (app) => {
    app.get(
      '/products/:product_id/stock',
      {
        config: { permission: 'read' },
        schema: {
          ...docs,
          params: productParams,
          headers: requestHeaders(headersIn('ledger-position', 'prefer')),
          querystring: Type.Object(
            { at: momentSchema('A log time; everything up to it counts.') },
            { additionalProperties: false },
          ),
        },
      },
      async (request, reply) => {
        const id = productOf(request.params);
        const partition = client.partitionOf(id);
        const options = readOptions(request, partition, { ...config, partitions: client.partitions });
        const { row, stale } = await reader.product(id, partition, options);
        if (row === null) throw new Problem('not_found');
        const { at } = request.query;
        // Without a moment the last movement counts, which may be newer than this instance's idea of the broker's clock.
        const asked = at === undefined ? null : momentOf(at);
        const last = await reader.list((views) => views.stockAt(id, asked));
        if (last === null) throw new Problem('not_found', { detail: 'The product was not there yet at that moment.' });
        if (stale) metrics.staleReads.inc();
        const { on_hand, held } = last;
        const atMs = asked ?? Math.max(client.brokerNow(), last.at);
        const body = {
          product_id: id,
          at: new Date(atMs).toISOString(),
          on_hand,
          held,
          available: on_hand === null ? null : on_hand - held,
          position: `${last.partition}:${last.journal_offset}`,
          moved_at: new Date(last.at).toISOString(),
        };
        const headers = stale ? { 'ledger-stale': 'true' } : {};
        return sendAnswer(request, reply, { status: 'done', headers, body }, config.viewWaitMsMax);
      },
    );
    return Promise.resolve();
  };
