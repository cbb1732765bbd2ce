// The specs of the shipped projections on the sink in memory. The same specs run on Postgres in postgres-sink.real.test.ts.
import { expect, test } from '@jest/globals';
import { orderState } from '../../projections/order-state/project.ts';
import type { Cells, Projection } from '../../projections/projection.ts';
import { createMemorySink } from '../../projections/sinks/memory.ts';
import { stock } from '../../projections/stock/project.ts';
import { orderStateSpecs } from './order-state-specs.ts';
import type { ReadableSink } from './spec.ts';
import { describeProjection } from './spec.ts';
import { stockSpecs } from './stock-specs.ts';

const open = (projection: Projection) => async (): Promise<ReadableSink> => {
  const sink = createMemorySink(projection);
  const ordered = (table: string) => [...sink.rows(table)].sort((a, b) => byKey(projection, table, a, b));
  return { ...sink, rows: async (table) => ordered(table) };
};

describeProjection(orderState, orderStateSpecs, open(orderState));
describeProjection(stock, stockSpecs, open(stock));

test('a column that the table does not have is a bug of the projection and applies nothing', async () => {
  const sink = createMemorySink(stock);
  const change = { op: 'put', table: 'products', key: { product_id: 'p-1' }, set: { colour: 'red' } } as const;
  await expect(sink.apply([change], new Map([[0, { expected: 0, next: 1 }]]))).rejects.toThrow('no column colour');
  expect(await sink.checkpoints()).toEqual(new Map());
});

function byKey(projection: Projection, table: string, a: Cells, b: Cells): number {
  for (const column of projection.tables.find(({ name }) => name === table)?.key ?? []) {
    const [left, right] = [a[column] ?? '', b[column] ?? ''];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
