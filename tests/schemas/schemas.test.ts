// The schemas themselves: documented, generated into types that are not stale, and named on the topics they belong to.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { generate } from '../../schemas/generate.ts';
import { commandNames, eventNames, released } from '../../schemas/generated.ts';
import { subjectsOf, topicsOf } from '../../schemas/topics.ts';

describe('the schemas', () => {
  test('generated.ts is what they generate', () => {
    const text = readFileSync(join(import.meta.dirname, '../../schemas/generated.ts'), 'utf8');
    expect(text === generate() ? 'fresh' : 'stale: run `npm run generate`').toBe('fresh');
  });

  test.each(released)('$name.v$version says what every record, field and type in it means', ({ schema }) => {
    expect(undocumented(JSON.parse(schema), '')).toEqual([]);
  });

  test('a type or a field without a doc would be found', () => {
    const field = { name: 'f', type: { type: 'enum', name: 'E', symbols: ['a'] }, doc: ' ' };
    expect(undocumented({ type: 'record', name: 'R', doc: 'A record.', fields: [field] }, '')).toEqual([
      'R.f',
      'R.f.E',
    ]);
  });

  test.each(released)('$name.v$version is in our namespace and begins with its meta', ({ name, schema }) => {
    const {
      namespace,
      name: own,
      fields,
    } = JSON.parse(schema) as {
      readonly namespace: string;
      readonly name: string;
      readonly fields: readonly { readonly name: string }[];
    };
    expect([namespace, own, fields[0]?.name]).toEqual(['ledger', name, 'meta']);
  });

  test('every record type has one subject, on the topic it may lie on', () => {
    const subjects = subjectsOf(topicsOf('shop'));
    expect(subjects.map(({ record }) => record).sort()).toEqual([...commandNames, ...eventNames].sort());
    expect(subjects.find(({ record }) => record === 'PlaceOrder')?.subject).toBe('shop.commands-ledger.PlaceOrder');
    expect(subjects.find(({ record }) => record === 'StockHeld')?.subject).toBe('shop.events-ledger.StockHeld');
  });
});

/** Paths of all named types and fields in a schema that have no doc. */
function undocumented(schema: unknown, path: string): string[] {
  if (Array.isArray(schema)) return schema.flatMap((branch) => undocumented(branch, path));
  if (typeof schema !== 'object' || schema === null) return [];
  const { name, doc, type, fields, items, values } = schema as { readonly [key: string]: unknown };
  const here = typeof name === 'string' ? `${path}${path === '' ? '' : '.'}${name}` : path;
  const missing = typeof name === 'string' && (typeof doc !== 'string' || doc.trim() === '') ? [here] : [];
  return [...missing, ...[type, fields, items, values].flatMap((part) => undocumented(part, here))];
}
