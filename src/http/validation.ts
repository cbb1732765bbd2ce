// HTTP room: requests against their schemas. Bodies are taken as they are, nothing converted or removed; queries are
// text, so numbers and booleans in them are read first.
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { FieldError } from './problems.ts';

/** What a validator says: where, what and about which names. */
interface Fault {
  readonly keyword: string;
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly message: string;
  readonly params: object;
}

/** A request whose body, query or path does not fit its schema. */
export class ValidationFailed extends Error {
  readonly part: string;
  readonly faults: readonly Fault[];
  constructor(part: string, faults: readonly Fault[]) {
    super(`the ${part} does not fit its schema`);
    this.name = 'ValidationFailed';
    this.part = part;
    this.faults = faults;
  }
}

/** Compiles the schema of one part of a route's requests. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  const part = httpPart ?? 'body';
  return (given: unknown) => {
    const value = part === 'querystring' ? readQuery(schema, given) : given;
    if (validator.Check(value)) return { value };
    return { error: new ValidationFailed(part, validator.Errors(value)) };
  };
};

/** The faults as clients see them, one for each place. */
export function fieldErrors({ part, faults }: ValidationFailed): readonly FieldError[] {
  const root = part === 'body' ? '#' : part === 'querystring' ? '#/query' : `#/${part}`;
  const errors = faults.flatMap((fault): FieldError[] => {
    const pointer = `${root}${fragment(fault.instancePath)}`;
    // What a branch of a choice lacks is told by the choice itself; an unknown member by the member.
    if (/\/(oneOf|anyOf)\/\d+/.test(fault.schemaPath) || fault.keyword === 'additionalProperties') return [];
    if (fault.keyword === 'required' && 'requiredProperties' in fault.params) {
      return namesOf(fault.params.requiredProperties).map((name) => ({
        detail: 'is required',
        pointer: `${pointer}/${fragment(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`,
      }));
    }
    return [{ detail: detailOf(fault), pointer }];
  });
  return errors.length > 0 ? errors : [{ detail: 'is not acceptable', pointer: root }];
}

function detailOf({ keyword, params, message }: Fault): string {
  switch (keyword) {
    case 'boolean':
      return 'is not a known member';
    case 'oneOf':
      return 'must have exactly one of the members delta and set_to';
    case 'enum':
      return 'allowedValues' in params ? `must be one of ${namesOf(params.allowedValues).join(', ')}` : message;
    case 'propertyNames':
      return 'has a member whose name is not acceptable';
    default:
      return message;
  }
}

function namesOf(names: unknown): readonly string[] {
  return Array.isArray(names) ? names.map(String) : [];
}

/** A JSON pointer as part of a URI fragment. */
function fragment(pointer: string): string {
  return encodeURI(pointer.toWellFormed()).replaceAll('#', '%23');
}

function readQuery(schema: TSchema, query: unknown): unknown {
  if (typeof query !== 'object' || query === null || !('properties' in schema)) return query;
  const properties = new Map<string, unknown>(Object.entries(schema.properties ?? {}));
  const read = Object.entries(query).map(([name, value]) => [name, readText(properties.get(name), value)] as const);
  return Object.fromEntries(read);
}

function readText(schema: unknown, value: unknown): unknown {
  if (typeof schema !== 'object' || schema === null || !('type' in schema)) return value;
  if (schema.type === 'integer' && typeof value === 'string' && /^-?\d{1,15}$/.test(value)) return Number(value);
  if (schema.type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}
