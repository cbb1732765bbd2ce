// HTTP room: what the descriptions of several routes have in common.
import type { RouteDoc } from '../openapi.ts';
import { ifMatchPattern } from '../headers.ts';
import type { ProductId } from '../ids.ts';
import { idempotencyKeyPattern } from '../ids.ts';
import { documented, requestHeaders } from '../openapi.ts';
import { positionsPattern } from '../positions.ts';
import type { ProblemCode } from '../problems.ts';
import type { Room } from '../room.ts';

const headerSchemas = {
  'idempotency-key': {
    pattern: idempotencyKeyPattern,
    description: 'Names the request: 1 to 255 visible ASCII characters, quoted or bare; remembered for 24 hours.',
  },
  'if-match': {
    maxLength: 1_024,
    pattern: ifMatchPattern,
    description: 'Decide only if the resource still has one of these ETags; `*`: any.',
    examples: ['*', '"1.17"'],
  },
  'cache-control': {
    description: '`max-age=<seconds>`: an answer may be this old; else figures that change are as new as the view.',
    examples: ['max-age=60'],
  },
  'if-none-match': { description: 'Answer 304 where this is still the ETag.' },
  'ledger-position': {
    pattern: positionsPattern,
    description: 'See at least this: <partition>:<offset>[,…], from an earlier answer.',
  },
  prefer: {
    description: '`respond-async`: answer 202 at once; `wait=<seconds>`: wait no longer than this.',
    examples: ['wait=2'],
  },
} as const;

/** The request headers with these names, as documented. */
export function headersIn(...names: readonly (keyof typeof headerSchemas)[]): { readonly [name: string]: object } {
  return Object.fromEntries(names.map((name) => [name, headerSchemas[name]]));
}

/** What a body can be refused for before it means anything. */
export const bodyProblems: readonly ProblemCode[] = [
  'malformed_json',
  'validation_failed',
  'unsupported_media_type',
  'body_too_large',
];
/** What any command can be answered when the ledger cannot take it. */
export const loadProblems: readonly ProblemCode[] = ['overloaded', 'writer_unavailable'];
export const keyProblems: readonly ProblemCode[] = [
  'idempotency_key_missing',
  'idempotency_key_invalid',
  'idempotency_key_reused',
];

/** What is documented of an answer before the decision. */
export const undecidedDoc = {
  description: 'Not decided yet.',
  schema: 'Undecided',
  headers: ['Location', 'Retry-After', 'Preference-Applied'],
} as const;

/** Asks the view for the version of a product; null where there is none. */
export function presentVersion({ client, config, reader }: Room, id: ProductId): () => Promise<number | null> {
  return async () => {
    const { row } = await reader.product(id, client.partitionOf(id), { atLeast: 0, waitMs: config.viewWaitMsMax });
    return row?.version ?? null;
  };
}

/** The description of the two ways to place an order. */
export function orderPlacement(operationId: string, summary: string): object {
  const headers = ['Location', 'ETag', 'Ledger-Position', 'Preference-Applied'] as const;
  return {
    ...documented({
      operationId,
      summary,
      tag: 'orders',
      good: {
        201: { description: 'The order holds its stock.', schema: 'Order', headers },
        200: {
          description: 'An earlier request with this key was accepted; the order as it is now.',
          schema: 'Order',
          headers: [...headers, 'Idempotent-Replayed', 'Ledger-Stale'],
        },
        202: undecidedDoc,
      },
      problems: [
        ...keyProblems,
        ...bodyProblems,
        ...loadProblems,
        'out_of_stock',
        'already_exists',
        'repeated_order',
        'not_found',
        'unknown_product',
        'product_archived',
        'mixed_currencies',
        'amount_too_large',
      ],
    }),
    headers: requestHeaders(headersIn('idempotency-key', 'prefer'), ['idempotency-key']),
  };
}

/** The description of a read of one resource. */
export function readDoc(operationId: string, summary: string, tag: RouteDoc['tag'], name: string): object {
  return {
    ...documented({
      operationId,
      summary,
      tag,
      good: {
        200: { description: summary, schema: name, headers: ['ETag', 'Ledger-Stale', 'Preference-Applied'] },
        304: {
          description: 'It is what If-None-Match names.',
          schema: null,
          headers: ['ETag', 'Ledger-Stale', 'Preference-Applied'],
        },
      },
      problems: ['not_found', 'validation_failed', 'projection_behind'],
    }),
    headers: requestHeaders(headersIn('if-none-match', 'ledger-position', 'prefer')),
  };
}
