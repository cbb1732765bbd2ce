// Postgres is killed while the projector works, on a server of this file's own. A crash takes the last moments of rows
// and checkpoints together, so that what was applied last is applied again, and nothing twice.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ProjectorStatus } from '../../consumers/projector/options.ts';
import type { Stack } from '../../stack/stack.ts';
import { startStack } from '../../stack/stack.ts';
import type { TestDatabase } from './database.ts';
import { openDatabaseAt } from './database.ts';
import { caughtUp, createWorld, expectRowsOfTheFold, statusWhere, trade } from './projector-world.ts';

let stack: Stack;
let database: TestDatabase;
beforeAll(async () => {
  stack = await startStack({ servers: ['postgres'] });
  database = await openDatabaseAt(stack.env.DATABASE_URL, 'prepared', async () => undefined);
}, 120_000);
afterAll(async () => {
  await database.close();
  await stack.stop();
}, 60_000);

test('three kills in mid-work leave the rows of the fold', async () => {
  const world = createWorld(database, true);
  const projector = await world.start({
    config: {
      projectorBatchMax: 40,
      projectorQueueMax: 5_000,
      followRestMs: 0,
      retiredFollowS: 3_600,
      generationsPollMs: 100,
    },
  });
  for (let round = 0; round < 3; round++) {
    const before = applied(projector.status());
    trade(world.journals, 1 + round * 1_000, 300);
    world.publish();
    await statusWhere(projector, (status) => applied(status) > before + 200, 'it is in mid-work');
    await stack.kill('postgres');
    await statusWhere(projector, ({ trouble }) => trouble !== null, 'trouble is said');
    await stack.start('postgres');
  }
  await caughtUp(database, world, 30_000);
  await expectRowsOfTheFold(database, world);
  expect(projector.status().trouble).toBeNull();
  await world.stopAll();
}, 120_000);

function applied({ partitions }: ProjectorStatus): number {
  return partitions.reduce((sum, { next }) => sum + (next['stock'] ?? 0), 0);
}
