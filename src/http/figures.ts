// HTTP room: how sums and ranks are answered: with the moment that they are of, an entity tag that depends on nothing
// but the figures, and from memory where the request allows age.
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DayFigures, Listed, Paging } from '../../projections/views.ts';
import { maxAgeOf, noneMatches } from './headers.ts';
import { listBody } from './lists.ts';
import { documented, requestHeaders } from './openapi.ts';
import type { GoodAnswer, RouteDoc } from './openapi.ts';
import { sendAnswer } from './requests.ts';
import { iso } from './resources.ts';
import type { Room } from './room.ts';
import { headersIn } from './routes/shared.ts';

/** The description of a read of figures. */
export function figuresDoc(
  doc: Pick<RouteDoc, 'operationId' | 'summary' | 'tag' | 'problems'> & { readonly schema: GoodAnswer['schema'] },
): object {
  const { schema, ...rest } = doc;
  const headers = ['ETag', 'Ledger-Stale'] as const;
  return {
    ...documented({
      ...rest,
      good: {
        200: { description: doc.summary, schema, headers },
        304: { description: 'It is what If-None-Match names.', schema: null, headers },
      },
    }),
    headers: requestHeaders(headersIn('if-none-match', 'cache-control')),
  };
}

/** How old an answer the caller takes, ms; 0 where it does not say. */
export function ageOf(request: FastifyRequest): number {
  return maxAgeOf(request.headers['cache-control']) * 1_000;
}

/** Sends figures; `asOf`: when they were read, ms since the epoch; `dated`: members that say so too, in place of others. */
export function sendFigures(
  { client }: Pick<Room, 'client'>,
  request: FastifyRequest,
  reply: FastifyReply,
  { content, asOf, dated = {} }: { readonly content: object; readonly asOf: number; readonly dated?: object },
): FastifyReply {
  const tag = `"${createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22)}"`;
  // Weak: the same figures of another moment differ in as_of.
  const headers = { etag: `W/${tag}`, ...(client.ready() ? {} : { 'ledger-stale': 'true' }) };
  if (noneMatches(request.headers['if-none-match'], tag)) {
    return sendAnswer(request, reply, { status: 'unmodified', headers, body: null });
  }
  return sendAnswer(request, reply, { status: 'done', headers, body: { ...content, ...dated, as_of: iso(asOf) } });
}

/** A list of ranks as `sendFigures` takes it. */
export function rankedList<T extends object>(listed: Listed<T>, paging: Paging): object {
  return listBody(listed, paging, (row) => row);
}

/** Figures of one day, in the order in which people read them. */
export function dayJson(day: DayFigures): object {
  return { date: day.date, ...sumsJson(day) };
}

/** The same without the day. */
export function sumsJson(sums: Omit<DayFigures, 'date'>): object {
  return {
    orders: sums.orders,
    accepted: sums.accepted,
    refused: sums.refused,
    paid: sums.paid,
    failed: sums.failed,
    cancelled: sums.cancelled,
    revenue: sums.revenue,
    average_order_value: sums.average_order_value,
    unique_customers: sums.unique_customers,
  };
}
