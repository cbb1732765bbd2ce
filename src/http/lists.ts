// HTTP room: lists, either by cursor ({data, next_cursor}) or by numbered pages (with meta as well).
import { Type } from 'typebox';
import type { Listed, Paging } from '../../projections/views.ts';
import type { FieldError } from './problems.ts';
import { Problem } from './problems.ts';

const limitDefault = 50;
const perPageMax = 50;

/** Members that every list's query has. */
export const pagingQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: `Rows; ${limitDefault} where absent.` })),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 512, description: "An earlier answer's next_cursor." })),
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'Number of the page, from 1.' })),
  per_page: Type.Optional(Type.Integer({ minimum: 1, maximum: perPageMax, description: 'Rows of a numbered page.' })),
};

export interface PagingQuery {
  readonly limit?: number;
  readonly cursor?: string;
  readonly page?: number;
  readonly per_page?: number;
}

/** What a query asks for. @throws Problem `validation_failed` where it mixes cursor and pages */
export function pagingOf({ limit, cursor, page, per_page: perPage }: PagingQuery): Paging {
  if (page === undefined && perPage === undefined) {
    return { kind: 'cursor', limit: limit ?? limitDefault, after: cursor ?? null };
  }
  if (limit !== undefined || cursor !== undefined) {
    throw invalidQuery(cursor === undefined ? 'limit' : 'cursor', 'cannot be combined with page and per_page');
  }
  return { kind: 'page', page: page ?? 1, perPage: perPage ?? perPageMax };
}

/** The body of a list. */
export function listBody<T>(listed: Listed<T>, paging: Paging, toJson: (row: T) => object): object {
  const body = { data: listed.rows.map(toJson), next_cursor: listed.next };
  if (paging.kind === 'cursor') return body;
  const total = listed.total ?? 0;
  const lastPage = Math.max(1, Math.ceil(total / paging.perPage));
  return { ...body, meta: { page: paging.page, per_page: paging.perPage, total, last_page: lastPage } };
}

/** A moment in a query, ms since the epoch; a date alone is its first moment, UTC. @throws Problem `validation_failed` */
export function momentOf(name: string, text: string): number {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})(?:T|$)/.exec(text) ?? [];
  const at = Date.parse(text);
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (Number.isNaN(at) || !(Number(day) <= days)) throw invalidQuery(name, 'is no date or time (ISO 8601)');
  return at;
}

export const momentSchema = (description: string) =>
  Type.Optional(
    Type.String({
      maxLength: 35,
      pattern: '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?(Z|[+-]\\d{2}:\\d{2}))?$',
      description,
    }),
  );

function invalidQuery(name: string, detail: string): Problem {
  const errors: FieldError[] = [{ detail, pointer: `#/query/${name}` }];
  return new Problem('validation_failed', { detail: `${name} ${detail}.`, errors });
}
