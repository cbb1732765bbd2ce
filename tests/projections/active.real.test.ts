// Which generation the views read: the active one, whatever they remember.
import { describe, expect, test } from '@jest/globals';
import { createActiveSchemas } from '../../projections/active.ts';
import { createViews } from '../../projections/views-postgres.ts';
import { openDatabase } from './database.ts';
import { orderId } from './events.ts';

describe('the active generation', () => {
  test('is read again at once when its tables are gone, and soon after an activation', async () => {
    const own = await openDatabase();
    try {
      const reading = createViews(own.pool);
      expect((await reading.product('p-1', 0)).row).toBeNull();
      await own.pool.query(`
        CREATE SCHEMA stock_2;
        CREATE TABLE stock_2.products (LIKE stock_1.products INCLUDING ALL);
        INSERT INTO stock_2.products (product_id, name, created_at, updated_at) VALUES ('p-1', 'new', now(), now());
        INSERT INTO ledger.generations (projection, generation, schema_name, version, definition_hash, status)
          VALUES ('stock', 2, 'stock_2', 1, 'x', 'active');
        INSERT INTO ledger.checkpoints (projection, generation, partition, next_offset) VALUES ('stock', 2, 0, 77);
        UPDATE ledger.active_generations SET generation = 2 WHERE projection = 'stock';
        DROP SCHEMA stock_1 CASCADE`);
      const { row, next } = await reading.product('p-1', 0);
      expect([row?.name, next]).toEqual(['new', 77]);
    } finally {
      await own.close();
    }
  }, 30_000);

  test('is read at once by every instance, so that none shows the past of what another has shown', async () => {
    const own = await openDatabase();
    try {
      const reading = createViews(own.pool);
      expect((await reading.product('p-1', 0)).next).toBe(0);
      await own.pool.query(`
        CREATE SCHEMA stock_2;
        CREATE TABLE stock_2.products (LIKE stock_1.products INCLUDING ALL);
        INSERT INTO ledger.generations (projection, generation, schema_name, version, definition_hash, status)
          VALUES ('stock', 2, 'stock_2', 1, 'x', 'active');
        INSERT INTO ledger.checkpoints (projection, generation, partition, next_offset) VALUES ('stock', 2, 0, 77);
        UPDATE ledger.active_generations SET generation = 2 WHERE projection = 'stock'`);
      expect((await reading.product('p-1', 0)).next).toBe(77);
    } finally {
      await own.close();
    }
  }, 30_000);

  test('is asked again where another one was activated before the answer was there', async () => {
    const own = await openDatabase();
    try {
      await own.pool
        .query(`INSERT INTO ledger.generations (projection, generation, schema_name, version, definition_hash, status)
        VALUES ('stock', 2, 'stock_2', 1, 'x', 'caught_up')`);
      const active = createActiveSchemas(own.pool);
      const asked: number[] = [];
      const answer = await active.ask('stock', async ({ generation }) => {
        asked.push(generation);
        if (generation === 1) {
          await own.pool.query(`UPDATE ledger.active_generations SET generation = 2 WHERE projection = 'stock'`);
        }
        return `answer of ${generation}`;
      });
      expect([asked, answer]).toEqual([[1, 2], 'answer of 2']);
    } finally {
      await own.close();
    }
  }, 30_000);

  test('without any, reading says what to do', async () => {
    const own = await openDatabase('migrated');
    try {
      await expect(createViews(own.pool).order(orderId(1, 3), 3)).rejects.toThrow('run ledger prepare');
    } finally {
      await own.close();
    }
  }, 30_000);
});
