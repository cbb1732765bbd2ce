// CLI room: an analyst's own projection, from one file anywhere. Node strips its types; what it imports from here can only
// be types, so that it runs without an installation.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { Projection } from '../../../projections/projection.ts';
import type { Shipped } from '../../../projections/registry.ts';

const name = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,50}$/, 'a name has small letters, digits and _, and begins with a letter');
const column = z.object({
  type: z.enum(['text', 'bigint', 'integer', 'boolean', 'timestamptz', 'jsonb']),
  doc: z.string().optional(),
});
const shape = z.object({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, 'a projection has a name such as my-projection'),
  version: z.number().int().min(1),
  events: z.array(z.string()).optional(),
  tables: z
    .array(
      z.object({
        name,
        columns: z.record(name, column),
        key: z.array(name).min(1),
        indexes: z.array(z.array(z.string())).optional(),
      }),
    )
    .min(1),
  project: z.custom<Projection['project']>((value) => typeof value === 'function', 'project must be a function'),
});

/** Loads the projection that a file exports, under whatever name. @throws Error saying what it lacks */
export async function loadOwn(file: string): Promise<Shipped> {
  const source = pathToFileURL(resolve(file));
  const exports: unknown = await import(source.href);
  const values = Object.values(exports as object);
  const candidates = values.filter((value) => typeof value === 'object' && value !== null && 'project' in value);
  if (candidates.length !== 1) {
    throw new Error(
      `${file} must export one projection ({ name, version, tables, project }), not ${candidates.length}`,
    );
  }
  const parsed = shape.safeParse(candidates[0]);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new Error(`the projection in ${file} is not complete: ${faults.join('; ')}`);
  }
  const { name: called, version, events, tables, project } = parsed.data;
  const whole = tables.map((table) => {
    const missing = table.key.filter((part) => !(part in table.columns));
    if (missing.length > 0)
      throw new Error(`the key of ${table.name} in ${file} names no column: ${missing.join(', ')}`);
    const columns = Object.entries(table.columns).map(([own, { type, doc = '' }]) => [own, { type, doc }] as const);
    return { doc: '', ...table, indexes: table.indexes ?? [], columns: Object.fromEntries(columns) };
  });
  const known = events === undefined ? {} : { events: events.filter(isEventName) };
  return { projection: { name: called, version, tables: whole, ...known, project }, source };
}

/** A type of a later release, which no journal of this one holds, is no reason to refuse the file. */
function isEventName(text: string): text is NonNullable<Projection['events']>[number] {
  return /^[A-Z][A-Za-z]+$/.test(text);
}
