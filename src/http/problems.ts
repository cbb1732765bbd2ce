// HTTP room: THE table of answers. Every refusal, limit and failure has one row here; no status is chosen elsewhere.
// docs/errors.md and the OpenAPI document are made from it.

export interface ProblemRow {
  readonly status: number;
  /** The same for every occurrence. */
  readonly title: string;
  /** For docs/errors.md: when it happens and what to do. */
  readonly help: string;
  /** Seconds after which to try again; such rows answer with Retry-After. */
  readonly retryAfterS?: number;
}

const table = {
  malformed_json: {
    status: 400,
    title: 'The body is not JSON',
    help: 'The body is not well-formed JSON in UTF-8, or it carries a key that could poison an object (`__proto__`). Nothing was done; send a correct body.',
  },
  bad_request: {
    status: 400,
    title: 'The request cannot be understood',
    help: 'The bytes are no acceptable HTTP request. Nothing was done.',
  },
  idempotency_key_missing: {
    status: 400,
    title: 'An Idempotency-Key is required',
    help: 'This endpoint needs the header `Idempotency-Key`, so that a retry is never decided twice. Draw a new key for each thing you want done and send it with every attempt at it.',
  },
  idempotency_key_invalid: {
    status: 400,
    title: 'The Idempotency-Key is not acceptable',
    help: 'A key has 1 to 255 visible ASCII characters; surrounding quotes do not count. Send it once.',
  },
  cursor_invalid: {
    status: 400,
    title: 'The cursor is not one of this list',
    help: 'A `cursor` is the `next_cursor` of an earlier answer of the same list, unchanged. Start again without one.',
  },
  unauthenticated: {
    status: 401,
    title: 'A valid credential is required',
    help: 'Send `Authorization: Bearer <key>` with a key that is neither revoked nor expired.',
  },
  forbidden: {
    status: 403,
    title: 'The credential does not allow this',
    help: 'The credential is valid, but its role or scopes do not include this operation.',
  },
  not_found: {
    status: 404,
    title: 'There is no such thing',
    help: 'Nothing has this address, or it belongs to somebody else. With `Retry-After`, an order was sent to the ledger under this id and is not decided yet: ask again.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The method is not available here',
    help: 'The header `Allow` lists the methods of this address.',
  },
  request_timeout: {
    status: 408,
    title: 'The request did not arrive in time',
    help: 'The request was not complete when its time was over. Nothing was done.',
  },
  out_of_stock: {
    status: 409,
    title: 'Not enough stock',
    help: 'At least one product has fewer units available than were asked for; `shortages` lists all of them and `order_id` names the refused order. Nothing is held. The refusal stays with the Idempotency-Key: after a restock, order with a new key.',
  },
  already_exists: {
    status: 409,
    title: 'It exists already',
    help: 'Something with this id exists already; archived products keep their id.',
  },
  would_go_below_held: {
    status: 409,
    title: 'Less stock than is held',
    help: 'The adjustment would leave fewer units on hand than orders hold. Adjust less, or give orders up first.',
  },
  repeated_order: {
    status: 409,
    title: 'The same order was just placed',
    help: 'The same customer placed an equal order under another Idempotency-Key within the repeat window; `order_id` names it.',
  },
  replay_not_ready: {
    status: 409,
    title: 'The replay does not stand so that this can be done',
    help: 'Only a replay that has caught up can be compared or read; a private one (with a name, an end, types or a product) is never read; what is read, or worked on, is not dropped. `detail` says which. Nothing was done.',
  },
  replay_differs: {
    status: 409,
    title: 'The rows differ and nobody knows why',
    help: 'The replay has the same definition as what is read, and other rows: one of the two is wrong. Look at `GET /v1/replays/{id}/diff` and ask `ledger audit` which. With `{"despite_differences": true}` it is read all the same.',
  },
  version_mismatch: {
    status: 412,
    title: 'It was changed meanwhile',
    help: '`If-Match` names another version than the present one, or is no entity tag of this service. Read again and decide anew.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    help: 'The body has more bytes than the service accepts (`LEDGER_BODY_BYTES_MAX`), or the command does not fit into one record.',
  },
  uri_too_long: {
    status: 414,
    title: 'The address is too long',
    help: 'The path and query have more characters than the service accepts (`LEDGER_URL_CHARS_MAX`). Nothing was done.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body has another media type than JSON',
    help: 'Send `Content-Type: application/json`.',
  },
  validation_failed: {
    status: 422,
    title: 'A value is not acceptable',
    help: '`errors` lists what is wrong: `pointer` is a JSON pointer into the body, or `#/query/<name>` and `#/headers/<name>`. Nothing was done and the Idempotency-Key is still free.',
  },
  unknown_product: {
    status: 422,
    title: 'There is no such product',
    help: 'A product named in the body does not exist.',
  },
  product_archived: {
    status: 422,
    title: 'The product is archived',
    help: 'An archived product can neither be ordered nor changed.',
  },
  not_tracked: {
    status: 422,
    title: 'The product has no stock to adjust',
    help: 'The product was created with `stock: null`; its stock is not tracked.',
  },
  mixed_currencies: {
    status: 422,
    title: 'The lines have different currencies',
    help: 'All lines of an order share one currency. Place one order for each.',
  },
  amount_too_large: {
    status: 422,
    title: 'The amount is too large',
    help: 'A total or a stock level would leave the range that is kept exactly.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    help: 'The same key came before with another body. Draw a new key for each new request.',
  },
  not_cancellable: {
    status: 422,
    title: 'The order can no longer be cancelled',
    help: 'Only a PENDING order can be cancelled.',
  },
  not_payable: {
    status: 422,
    title: 'The order cannot be paid',
    help: 'The payment of an order that is CANCELLED, EXPIRED, FAILED, REFUSED or still RESERVING cannot begin.',
  },
  not_parked: {
    status: 422,
    title: 'The dead letter is not parked',
    help: 'Only a parked dead letter can be retried or discarded: this one is under way, settled, or a copy of a command that was refused for good.',
  },
  headers_too_large: {
    status: 431,
    title: 'The header is too large',
    help: 'The request line and headers have more bytes (`LEDGER_HEADER_BYTES_MAX`), or there are more headers (`LEDGER_HEADERS_MAX`), than the service accepts. Nothing was done.',
  },
  internal_error: {
    status: 500,
    title: 'Something went wrong here',
    help: 'A fault of the service; it is in its log under `trace_id`. It is never remembered under an Idempotency-Key: repeat the request with the same key.',
  },
  overloaded: {
    status: 503,
    title: 'Too many requests are waiting',
    help: 'Nothing was done. Repeat the request with the same Idempotency-Key after `Retry-After` seconds.',
    retryAfterS: 1,
  },
  writer_unavailable: {
    status: 503,
    title: 'Nobody decides at the moment',
    help: 'The writer of this part of the ledger is too far behind, or is being replaced. Repeat the request with the same Idempotency-Key after `Retry-After` seconds.',
    retryAfterS: 2,
  },
  projection_behind: {
    status: 503,
    title: 'The view has not caught up',
    help: 'The view does not show this yet and may any moment. Ask again after `Retry-After` seconds.',
    retryAfterS: 1,
  },
  dependency_down: {
    status: 503,
    title: 'A service that this needs does not answer',
    help: 'Kafka or Postgres does not answer. Whether a command got through is unknown: repeat it with the same Idempotency-Key after `Retry-After` seconds; it is never decided twice.',
    retryAfterS: 2,
  },
} as const satisfies { readonly [code: string]: ProblemRow };

export type ProblemCode = keyof typeof table;
/** Every problem by its code. */
export const problems: { readonly [K in ProblemCode]: ProblemRow } = table;

/** What is answered when nothing is wrong. */
export const successes = {
  created: 201,
  done: 200,
  undecided: 202,
  archived: 204,
  erased: 204,
  unmodified: 304,
} as const;

export interface Shortage {
  readonly product_id: string;
  readonly requested: number;
  readonly available: number;
}

export interface FieldError {
  readonly detail: string;
  /** JSON pointer as a URI fragment. */
  readonly pointer: string;
}

/** What an occurrence adds to its row. */
export interface ProblemFacts {
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  readonly shortages?: readonly Shortage[];
  readonly order_id?: string;
  readonly retryAfterS?: number;
  readonly headers?: { readonly [name: string]: string };
  readonly cause?: unknown;
}

/** A request that is answered with a problem; thrown by the HTTP room only, caught by its error handler. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly facts: ProblemFacts;
  constructor(code: ProblemCode, facts: ProblemFacts = {}) {
    super(facts.detail ?? problems[code].title, { cause: facts.cause });
    this.name = 'Problem';
    this.code = code;
    this.facts = facts;
  }
}

/** Whether a text is the code of a problem. */
export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code);
}

/**
 * The problem that a writer's refusal becomes. A product that the path names and that is unknown is 404, one that the
 * body names 422. What is not in the table is a fault of ours.
 */
export function problemOfRefusal(reason: string, productIn: 'path' | 'body'): ProblemCode {
  switch (reason) {
    case 'unknown_product':
      return productIn === 'path' ? 'not_found' : 'unknown_product';
    case 'unknown_order':
      return 'not_found';
    case 'too_late':
      return 'writer_unavailable';
    case 'too_large':
      return 'body_too_large';
    default:
      return isProblemCode(reason) && problems[reason].status < 500 ? reason : 'internal_error';
  }
}

/** The body of a problem answer (RFC 9457). `type` leads to the service's own page about the code. */
export function problemBody(
  code: ProblemCode,
  facts: ProblemFacts,
  where: { readonly instance: string; readonly traceId: string },
): { readonly [member: string]: unknown } {
  const row = problems[code];
  const retryAfter = facts.retryAfterS ?? row.retryAfterS;
  return {
    type: `/errors/${code}`,
    title: row.title,
    status: row.status,
    detail: facts.detail ?? `${row.title}.`,
    instance: where.instance,
    code,
    trace_id: where.traceId,
    ...(facts.errors === undefined ? {} : { errors: facts.errors }),
    ...(facts.shortages === undefined ? {} : { shortages: facts.shortages }),
    ...(facts.order_id === undefined ? {} : { order_id: facts.order_id }),
    ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
  };
}
