// Claims on real Redis: one partition a key, bounded, freed when their time is over, and never in anybody's way.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createClaims } from '../../src/http/claims.ts';
import { readConfig } from '../../src/platform/config.ts';
import { createLogger } from '../../src/platform/logger.ts';
import type { Redis } from '../../src/platform/redis.ts';
import { createRedis } from '../../src/platform/redis.ts';
import { eventually, freePort, servers, uniquePrefix } from '../support/servers.ts';

const logger = createLogger({ logLevel: 'silent' });
const id = (n: number) => `00000000-0000-8000-8000-${String(n).padStart(12, '0')}`;
const options = (members: { claimsMax?: number; rememberS?: number } = {}) => ({
  prefix: uniquePrefix('claims'),
  claimsMax: 100,
  rememberS: 60,
  ...members,
});

let redis: Redis;
beforeAll(async () => {
  redis = createRedis(readConfig({ REDIS_URL: servers().redisUrl, LEDGER_REDIS_TIMEOUT_MS: '5000' }), logger);
  await eventually(() => redis.status === 'ready', { withinMs: 5_000 });
});
afterAll(() => redis.quit());

describe('a claim', () => {
  test('stands for the first partition and tells it to whoever comes later', async () => {
    const claims = createClaims(redis, options());
    expect(await claims.take(id(1), 3)).toEqual({ kind: 'taken' });
    expect(await claims.take(id(1), 3)).toEqual({ kind: 'held', partition: 3 });
    expect(await claims.take(id(1), 0)).toEqual({ kind: 'held', partition: 3 });
    expect(await claims.take(id(2), 0)).toEqual({ kind: 'taken' });
  });

  test('is made by exactly one of many at once', async () => {
    const claims = createClaims(redis, options());
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => claims.take(id(1), n % 8)));
    expect(answers.filter(({ kind }) => kind === 'taken')).toHaveLength(1);
    expect(answers.filter(({ kind }) => kind === 'held')).toHaveLength(49);
  });

  test('is free again after its release, which only its own partition can do', async () => {
    const claims = createClaims(redis, options());
    await claims.take(id(1), 3);
    await claims.release(id(1), 4);
    expect(await claims.take(id(1), 5)).toEqual({ kind: 'held', partition: 3 });
    await claims.release(id(1), 3);
    expect(await claims.take(id(1), 5)).toEqual({ kind: 'taken' });
  });

  test('ends with its time, and makes room', async () => {
    const claims = createClaims(redis, options({ claimsMax: 2, rememberS: 1 }));
    await claims.take(id(1), 1);
    await claims.take(id(2), 2);
    expect(await claims.take(id(3), 3)).toEqual({ kind: 'skipped', reason: 'full' });
    expect(await claims.take(id(2), 7)).toEqual({ kind: 'held', partition: 2 });
    const taken = () => claims.take(id(3), 3).then(({ kind }) => kind === 'taken');
    await eventually(taken, { withinMs: 5_000 });
    expect(await claims.take(id(1), 4)).toEqual({ kind: 'taken' });
  });
});

test('claims of two ledgers on one Redis do not meet', async () => {
  await createClaims(redis, options()).take(id(1), 1);
  expect(await createClaims(redis, options()).take(id(1), 2)).toEqual({ kind: 'taken' });
});

test('without Redis nobody waits and nothing throws', async () => {
  const config = readConfig({ REDIS_URL: `redis://127.0.0.1:${await freePort()}` });
  const nowhere = createRedis(config, logger);
  const claims = createClaims(nowhere, options());
  expect(await claims.take(id(1), 1)).toEqual({ kind: 'skipped', reason: 'unavailable' });
  await claims.release(id(1), 1);
  nowhere.disconnect();
});
