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
  // Whatever is wrong with a cursor is answered alike, so its reader checks its form and length, and no schema does.
  cursor: Type.Optional(
    Type.String({ description: "An earlier answer's next_cursor; not together with page or per_page." }),
  ),
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

/** A moment in a query, ms since the epoch; a date alone is its first moment, UTC. Its form was checked. */
export function momentOf(text: string): number {
  return Date.parse(text);
}

const days = [
  '(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])',
  '(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)',
  '02-(?:0[1-9]|1\\d|2[0-8])',
];
const leapYear = '(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)';
const date = `(?:\\d{4}-(?:${days.join('|')})|${leapYear}-02-29)`;
const hour = '(?:[01]\\d|2[0-3])';
const time = `T${hour}:[0-5]\\d(?::[0-5]\\d(?:\\.\\d{1,9})?)?(?:Z|[+-]${hour}:[0-5]\\d)`;

/** A date or a time with its offset (ISO 8601) that exists. */
export const momentSchema = (description: string) =>
  Type.Optional(
    Type.String({ maxLength: 35, pattern: `^${date}(?:${time})?$`, description, examples: ['2026-01-31T12:00:00Z'] }),
  );

/** A day that exists, as YYYY-MM-DD. */
export const daySchema = (description: string) =>
  Type.String({ maxLength: 10, pattern: `^${date}$`, description, examples: ['2026-01-31'] });

function invalidQuery(name: string, detail: string): Problem {
  const errors: FieldError[] = [{ detail, pointer: `#/query/${name}` }];
  return new Problem('validation_failed', { detail: `${name} ${detail}.`, errors });
}
