// The tables of the sweeper and of dead letters on real servers.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { keepLetterTable } from '../../consumers/dead-letters/table.ts';
import { createSweepStore } from '../../consumers/sweeper/store.ts';
import { findDeadLetter, listDeadLetters } from '../../projections/dead-letters/queries.ts';
import type { LetterRecord } from '../../schemas/dead-letters.ts';
import { encodeLetter } from '../../schemas/dead-letters.ts';
import { createMemoryLog } from '../../src/log/memory/memory-log.ts';
import { realPace } from '../../src/platform/pace.ts';
import type { TestDatabase } from '../projections/database.ts';
import { openDatabase } from '../projections/database.ts';
import { eventually } from '../support/servers.ts';

const dayMs = 86_400_000;
const now = Date.UTC(2026, 10, 21, 10);
let database: TestDatabase;
beforeAll(async () => {
  database = await openDatabase('migrated');
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.pool.query('TRUNCATE ledger.dead_letters, ledger.sweep_days, ledger.chores, ledger.api_keys');
});

test('the figures of a day add up, and each day that is over is reported once', async () => {
  const store = createSweepStore(database.pool);
  await store.count(now, { heldBack: false, proposed: 5, expired: 4, refused: 1 });
  await store.count(now + 1_000, { heldBack: true, proposed: 2, expired: 2, refused: 0 });
  expect(await store.reports(now)).toEqual([]);
  const day = {
    day: '2026-11-21',
    sweeps: 2,
    held_back: 1,
    proposed: 7,
    expired: 6,
    refused: 1,
    dead_letters_parked: 0,
  };
  expect(await store.reports(now + dayMs)).toEqual([day]);
  expect(await store.reports(now + dayMs)).toEqual([]);
});

test('the clean-up runs once a week and removes only what has outlived its use', async () => {
  const letter = (status: string, days: number): string =>
    `(gen_random_uuid(), 'payments', null, 1, now(), to_timestamp(${(now - days * dayMs) / 1_000}), 'x', 0, 0, '${status}')`;
  const letters = [letter('resolved', 31), letter('resolved', 29), letter('parked', 400), letter('refused', 31)];
  await database.pool.query(
    `INSERT INTO ledger.dead_letters (dead_letter_id, consumer, order_id, attempts, first_at, last_at, error, partition,
       journal_offset, status) VALUES ${letters.join(', ')}`,
  );
  await database.pool.query(
    `INSERT INTO ledger.api_keys (key_id, name, role, hash, prefix, revoked_at)
     VALUES ('old', 'x', 'service', '\\x01', 'ol', to_timestamp($1)), ('live', 'x', 'service', '\\x02', 'ol', NULL)`,
    [(now - 31 * dayMs) / 1_000],
  );
  const store = createSweepStore(database.pool);
  expect(await store.cleanUp(now, 30)).toEqual({ dead_letters: 2, api_keys: 1, sweep_days: 0 });
  expect(await store.cleanUp(now + 6 * dayMs, 30)).toBeNull();
  expect(await store.cleanUp(now + 7 * dayMs, 30)).not.toBeNull();
  const { rows } = await database.pool.query('SELECT status FROM ledger.dead_letters ORDER BY status');
  expect(rows).toEqual([{ status: 'parked' }]);
});

test('the table of dead letters is what their topic tells, also where two keep it', async () => {
  const id = '11111111-1111-8111-8111-111111111111';
  const base = {
    dead_letter_id: id,
    consumer: 'payments',
    order_id: '0002d88b-0252-86cf-8290-560cbac41c50',
    partition: 2,
  };
  const total = { amount: 1999, currency: 'USD' };
  const job = { customer_id: 'ada', total, priority: 'normal', correlation_id: 'trace' } as const;
  const parked: LetterRecord = { kind: 'parked', ...base, offset: 7, attempts: 4, first_at: now, error: 'no', job };
  const log = createMemoryLog({ topics: { letters: 1 }, now: () => now + 5_000 });
  const appender = await log.openAppender();
  const append = (records: Parameters<typeof appender.append>[1]) => appender.append('letters', records);
  const headers = { position: Buffer.from('3:17'), reason: Buffer.from('not in the wire format') };
  await append(new Map([[0, [{ key: '3:17', value: Buffer.from('?'), headers }, encodeLetter(parked)]]]));

  const troubles: unknown[] = [];
  const trouble = (error: unknown): void => void troubles.push(error);
  const keep = (group: string) =>
    keepLetterTable({ log, topic: 'letters', group, pool: database.pool, pace: realPace, trouble });
  // Of two groups, so that both have the partition: one of them always finds that the other has gone further.
  const keepers = [await keep('one'), await keep('two')];
  try {
    await eventually(() => findDeadLetter(database.pool, id), { withinMs: 20_000 });
    await append(new Map([[0, [encodeLetter({ kind: 'retry', ...base, actor: 'me', reason: 'again' })]]]));
    const status = async () => (await findDeadLetter(database.pool, id))?.status;
    await eventually(async () => (await status()) === 'retrying', { withinMs: 20_000 });
    await append(new Map([[0, [encodeLetter({ kind: 'settled', ...base, outcome: 'resolved' })]]]));
    await eventually(async () => (await status()) === 'resolved', { withinMs: 20_000 });
    const { rows } = await listDeadLetters(database.pool, {}, { kind: 'cursor', limit: 10, after: null });
    expect(rows).toHaveLength(2);
    expect(rows).toContainEqual(
      expect.objectContaining({ consumer: 'writer', order_id: null, partition: 3, offset: 17, status: 'refused' }),
    );
    expect(rows).toContainEqual(
      expect.objectContaining({
        ...base,
        offset: 7,
        attempts: 4,
        first_at: now,
        last_at: now + 5_000,
        reason: 'again',
      }),
    );
    expect(troubles).toEqual([]);
  } finally {
    for (const keeper of keepers) await keeper.stop();
    await appender.close();
  }
});
