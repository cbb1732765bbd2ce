// HTTP room: how routes describe themselves. The route's schema is the only source; this adds the answers that all
// routes share, so that every status that can come is in the document.
import { Type } from 'typebox';
import type { ProblemCode } from './problems.ts';
import { problems } from './problems.ts';

/** Headers that an answer may carry, by their names in the document. */
const headerDocs = {
  'X-Trace-Id': 'The trace that the request belongs to.',
  'Ledger-Position': 'What the answer rests on: <partition>:<offset>; send it with a later read to see at least this.',
  'Ledger-Stale': '`true` where the answer may not show everything yet.',
  'Idempotent-Replayed': '`true` where an earlier request with the same key was decided, and this is its answer.',
  'Preference-Applied': 'Which preferences were followed; `wait` as it was shortened to what the service allows.',
  'Retry-After': 'Seconds after which to ask again.',
  'WWW-Authenticate': 'How to authenticate: Bearer.',
  ETag: 'Of a resource `"<version>.<journal offset>"`; of figures a weak tag that changes with them.',
  Location: 'Where the resource is.',
  Allow: 'Methods of this address.',
} as const;
export type HeaderName = keyof typeof headerDocs;

/** An answer without a problem. `schema`: the name of a shared shape, a JSON schema, or null for no body. */
export interface GoodAnswer {
  readonly description: string;
  readonly schema: string | object | null;
  /** Media type; JSON where absent. */
  readonly type?: string;
  readonly headers?: readonly HeaderName[];
}

export interface RouteDoc {
  readonly operationId: string;
  readonly summary: string;
  readonly tag: 'orders' | 'products' | 'inventory' | 'customers' | 'figures' | 'service';
  readonly good: { readonly [status: number]: GoodAnswer };
  readonly problems: readonly ProblemCode[];
  /** Whether the route is open to everybody. */
  readonly open?: boolean;
}

const everywhere: readonly ProblemCode[] = [
  'internal_error',
  'bad_request',
  'method_not_allowed',
  'overloaded',
  'request_timeout',
  'uri_too_long',
  'headers_too_large',
];
const behindACredential: readonly ProblemCode[] = [
  'unauthenticated',
  'forbidden',
  'validation_failed',
  'dependency_down',
];

/** The documenting part of a route's schema. */
export function documented({ operationId, summary, tag, good, problems: own, open }: RouteDoc): object {
  const codes = new Set([...own, ...everywhere, ...(open === true ? [] : behindACredential)]);
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = problems[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return {
    operationId,
    summary,
    tags: [tag],
    security: open === true ? [] : [{ bearer: [] }],
    // What a route does not know it refuses; one with parameters says so in a schema of its own.
    ...(open === true ? {} : { querystring: Type.Object({}, { additionalProperties: false }) }),
    response: {
      ...Object.fromEntries(Object.entries(good).map(([status, answer]) => [status, goodDoc(answer)])),
      ...Object.fromEntries([...byStatus].map(([status, some]) => [status, problemDoc(status, some)])),
    },
  };
}

/** Says of bodies that may be none that they are not required, which their schema alone cannot say. */
export function withOptionalBodies<T extends { readonly paths?: object }>(document: T): T {
  const text = JSON.stringify(document.paths, (_name, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('requestBody' in value)) return value;
    const { requestBody } = value;
    const optional = JSON.stringify(requestBody).includes('"type":["object","null"]');
    return optional ? { ...value, requestBody: Object.assign({}, requestBody, { required: false }) } : value;
  });
  const paths: unknown = JSON.parse(text);
  return { ...document, paths };
}

/** A list as documented, by the name of its rows' shape; `dated`: it says of when it is. */
export function listOf(name: string, dated = false): object {
  return {
    type: 'object',
    required: ['data', 'next_cursor', ...(dated ? ['as_of'] : [])],
    properties: {
      data: { type: 'array', items: { $ref: `${name}#` } },
      next_cursor: { type: ['string', 'null'], description: 'For the next page; null at the end.' },
      ...(dated ? { as_of: { type: 'string', format: 'date-time', description: 'When it was read.' } } : {}),
      meta: {
        type: 'object',
        description: 'Only with `page` or `per_page`.',
        properties: {
          page: { type: 'integer' },
          per_page: { type: 'integer' },
          total: { type: 'integer' },
          last_page: { type: 'integer' },
        },
      },
    },
  };
}

/** Request headers as documented. @returns a JSON schema for the headers of a route */
export function requestHeaders(headers: { readonly [name: string]: object }, required: readonly string[] = []): object {
  return {
    type: 'object',
    required: [...required],
    properties: Object.fromEntries(
      Object.entries(headers).map(([name, schema]) => [name, { type: 'string', ...schema }]),
    ),
  };
}

function goodDoc({ description, schema, type = 'application/json', headers = [] }: GoodAnswer): object {
  const content =
    schema === null
      ? { type: 'null' }
      : { content: { [type]: { schema: typeof schema === 'string' ? { $ref: `${schema}#` } : schema } } };
  return { description, headers: headersDoc(['X-Trace-Id', ...headers]), ...content };
}

const trace_id = '4bf92f3577b34da6a3ce929d0e0e4736';

function problemDoc(status: number, codes: readonly ProblemCode[]): object {
  const examples: { [code: string]: object } = {};
  for (const code of codes) {
    const { title } = problems[code];
    const body = { type: `/errors/${code}`, title, status, detail: `${title}.`, instance: '/v1/…', code, trace_id };
    examples[code] = { value: body };
  }
  return {
    description: codes.map((code) => `\`${code}\`: ${problems[code].title}.`).join(' '),
    headers: headersDoc(['X-Trace-Id', ...(problemHeaders[status] ?? [])]),
    content: { 'application/problem+json': { schema: { $ref: 'Problem#' }, examples } },
  };
}

/** Headers that a problem may carry, by status. */
const problemHeaders: { readonly [status: number]: readonly HeaderName[] } = {
  401: ['WWW-Authenticate'],
  404: ['Retry-After', 'Ledger-Position'],
  405: ['Allow'],
  409: ['Ledger-Position', 'Idempotent-Replayed'],
  412: ['Ledger-Position', 'Idempotent-Replayed'],
  422: ['Ledger-Position', 'Idempotent-Replayed'],
  503: ['Retry-After'],
};

function headersDoc(names: readonly HeaderName[]): object {
  return Object.fromEntries(names.map((name) => [name, { type: 'string', description: headerDocs[name] }]));
}
