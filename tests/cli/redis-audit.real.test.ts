// The audit of what stands in Redis: one changed number in a row or a sorted set is found, and said.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { leaderboards } from '../../projections/leaderboards/project.ts';
import type { JournalEvent } from '../../projections/projection.ts';
import type { RedisSink } from '../../projections/sinks/redis.ts';
import { createRedisSink, redisBase } from '../../projections/sinks/redis.ts';
import type { Finding } from '../../src/cli/audit/findings.ts';
import { startRedisAudit } from '../../src/cli/audit/redis-audit.ts';
import { createJournal, orderId } from '../projections/events.ts';
import { paid } from '../projections/order-life.ts';
import type { TestRedis } from '../projections/redis.ts';
import { openRedis } from '../projections/redis.ts';
import { uniquePrefix } from '../support/servers.ts';

const generation = {
  projection: 'leaderboards',
  generation: 1,
  schema: 'leaderboards_1',
  version: 1,
  definitionHash: '',
};

let redis: TestRedis;
let prefix: string;
let sink: RedisSink;
let events: readonly JournalEvent[];
beforeAll(() => {
  redis = openRedis();
});
beforeEach(() => {
  prefix = uniquePrefix('redis-audit');
  sink = createRedisSink(redis.redis, { base: redisBase(prefix, generation), projection: leaderboards });
  const journal = createJournal(3);
  journal.command(paid(orderId(1, 3), { customer: 'ann', lines: [['lamp', 2, 500]] }));
  journal.command(paid(orderId(2, 3), { customer: 'bob', lines: [['lamp', 1, 500]] }));
  journal.command(paid(orderId(3, 3), { customer: 'ann', lines: [['rug', 1, 70]], currency: 'EUR' }));
  ({ events } = journal);
});
afterAll(() => redis.close());

const key = (rest: string): string => `${redisBase(prefix, generation)}:${rest}`;

async function build(count = events.length): Promise<void> {
  const some = events.slice(0, count);
  const changes = some.flatMap((event) => leaderboards.project(event));
  expect(await sink.apply(changes, new Map([[3, { expected: 0, next: count }]]))).toBe('applied');
}

async function findings(): Promise<{
  readonly texts: readonly string[];
  readonly equal: boolean;
  readonly rows: number;
}> {
  const found: Finding[] = [];
  const options = { redis: redis.redis, prefix, generations: [generation], topic: 'events' };
  const audit = await startRedisAudit({ ...options, note: (finding) => found.push(finding) });
  for (const event of events) audit.add(event.partition, event);
  const [report] = audit.finish();
  if (report === undefined) throw new Error('no generation was audited');
  expect(report.name).toBe('leaderboards in Redis');
  await redis.forget(prefix);
  return { texts: found.map(({ text }) => text), equal: report.equal, rows: report.rows };
}

test('what stands there as the journal says is equal', async () => {
  await build();
  expect(await findings()).toEqual({ texts: [], equal: true, rows: 5 });
});

test('what stands there up to its own checkpoints is equal too', async () => {
  await build(2);
  expect(await findings()).toEqual({ texts: [], equal: true, rows: 2 });
});

test.each<[string, () => Promise<unknown>, RegExp]>([
  [
    'a number in a row',
    () => redis.redis.hincrby(key('rows:customer_totals'), 'USD\u0000ann\u0000order_count', 1),
    /customer_totals USD ann: order_count is 2, the journal gives 1$/,
  ],
  [
    'a score',
    () => redis.redis.zincrby(key('rank:customer_totals.total:USD'), -1, 'ann'),
    /sorted set .*customer_totals\.total:USD: ann is 1001, the journal gives 1000$/,
  ],
  [
    'a member too many',
    () => redis.redis.zadd(key('rank:product_sales.units:EUR'), -9, 'ghost'),
    /product_sales\.units:EUR: ghost is 9, the journal gives none$/,
  ],
  [
    'a sorted set that nobody made',
    () => redis.redis.zadd(key('rank:customer_totals.total:GBP'), -5, 'ghost'),
    /customer_totals\.total:GBP: ghost is 5, the journal gives none$/,
  ],
  [
    'a member that is gone',
    () => redis.redis.zrem(key('rank:product_sales.revenue:USD'), 'lamp'),
    /product_sales\.revenue:USD: lamp is absent, the journal gives 1500$/,
  ],
  [
    'a row that is gone',
    () =>
      redis.redis.hdel(
        key('rows:product_sales'),
        ...['', '\u0000units', '\u0000revenue'].map((part) => `EUR\u0000rug${part}`),
      ),
    /product_sales lacks the row EUR rug$/,
  ],
  [
    'a row too many',
    () => redis.redis.hset(key('rows:product_sales'), 'USD\u0000ghost', ''),
    /product_sales has a row that the journal does not give: USD ghost$/,
  ],
  ['checkpoints that are gone', () => redis.redis.del(key('checkpoints')), /nothing is built/],
])('%s is found, and nothing else', async (_, change, told) => {
  await build();
  await change();
  const { texts, equal } = await findings();
  expect(equal).toBe(false);
  expect(texts).toEqual([expect.stringMatching(told)]);
});
