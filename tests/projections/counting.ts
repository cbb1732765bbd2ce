// A projection of nothing but counters and cells, and any changes of it: what every sink must do alike.
import fc from 'fast-check';
import type { Change, Projection, Table } from '../../projections/projection.ts';

export const counterTable: Table = {
  name: 'counters',
  doc: 'For these tests.',
  columns: {
    id: { type: 'text', doc: 'Key.' },
    n: { type: 'bigint', doc: 'A counter.' },
    m: { type: 'integer', doc: 'Another.' },
    flag: { type: 'boolean', doc: 'A flag.' },
    at: { type: 'timestamptz', doc: 'A time.' },
    doc: { type: 'jsonb', doc: 'Anything.' },
    label: { type: 'text', doc: 'Some text.' },
  },
  key: ['id'],
  indexes: [],
};
export const counting: Projection = { name: 'counting', version: 1, tables: [counterTable], project: () => [] };

const small = fc.integer({ min: -5, max: 5 });
const text = fc.constantFrom('x', '', '{"a,b}', '\\N', 'NULL', 'nul\u0000', '\ud800', "o'clock", 'é🙂', '\n\t"\\');
const cells = fc.record(
  {
    n: fc.oneof(small, fc.constantFrom(Number.MAX_SAFE_INTEGER, null)),
    m: small,
    flag: fc.boolean(),
    at: fc.oneof(fc.integer({ min: 0, max: 4_102_444_800_000 }), fc.constant(null)),
    doc: fc.oneof(fc.array(text), fc.dictionary(text, text), fc.constant(null)),
    label: fc.oneof(text, fc.constant(null)),
  },
  { requiredKeys: [] },
);
const rowKey = fc.record({ id: fc.constantFrom('a', 'b', 'c') });
const named = { table: fc.constant('counters'), key: rowKey };
export const anyChange: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ op: fc.constant('put' as const), ...named, set: cells }),
  fc.record({ op: fc.constant('insert' as const), ...named, set: cells }),
  fc.record({ op: fc.constant('remove' as const), ...named }),
  fc.record({ op: fc.constant('add' as const), ...named, add: fc.record({ m: small }, { requiredKeys: [] }) }),
);
