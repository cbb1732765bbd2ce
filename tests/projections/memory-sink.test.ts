// The specs of the shipped projections on the sink in memory. The same specs run on Postgres in postgres-sink.real.test.ts.
import { expect, test } from '@jest/globals';
import type { Projection } from '../../projections/projection.ts';
import { createMemorySink } from '../../projections/sinks/memory.ts';
import { stock } from '../../projections/stock/project.ts';
import { describeShipped } from './shipped-specs.ts';
import type { ReadableSink } from './spec.ts';
import { inOrderOfKey } from './spec.ts';

const open = (projection: Projection) => async (): Promise<ReadableSink> => {
  const sink = createMemorySink(projection);
  return { ...sink, rows: async (table) => inOrderOfKey(projection, table, sink.rows(table)) };
};

describeShipped(open);

test('a column that the table does not have is a bug of the projection and applies nothing', async () => {
  const sink = createMemorySink(stock);
  const change = { op: 'put', table: 'products', key: { product_id: 'p-1' }, set: { colour: 'red' } } as const;
  await expect(sink.apply([change], new Map([[0, { expected: 0, next: 1 }]]))).rejects.toThrow('no column colour');
  expect(await sink.checkpoints()).toEqual(new Map());
});
