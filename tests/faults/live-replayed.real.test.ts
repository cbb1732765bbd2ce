// Live is what a replay makes, whatever happened: projectors and servers are killed, every batch comes twice, Redis is
// emptied. Then each view has one SHA-256: as it is read, replayed in one go, in pieces, and elsewhere in the world.
import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { shipped } from '../../projections/registry.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createPool } from '../../src/platform/postgres.ts';
import type { Stack } from '../../stack/stack.ts';
import { sized } from '../outages/sizes.ts';
import type { TestGateway } from '../payments/support.ts';
import { openGateway } from '../payments/support.ts';
import { expectSoundAudit } from '../support/audit.ts';
import type { Api, LedgerProcess, TestLedger } from '../support/ledger.ts';
import { apiOf, countsByStatus, openOrders, prepareLedger, untilShown } from '../support/ledger.ts';
import { eventually } from '../support/servers.ts';
import { startMixedOrders } from './support/mixed-orders.ts';
import type { MixedOrders } from './support/mixed-orders.ts';
import { ownStack } from './support/own-stack.ts';
import { manifestsIn, replayInPieces } from './support/pieces.ts';
import type { Rival } from './support/rival.ts';
import { startRival } from './support/rival.ts';
import type { Stand } from './support/sums.ts';
import { standInPostgres, standInRedis, sumsInPostgres } from './support/sums.ts';

const partitions = 4;
const buyers = 6;
const products = Array.from({ length: 9 }, (_, n) => `proof-${n}`);
const stock = 100_000;
/** Decided between two faults. */
const ordersBetween = sized(20, 1_500);
/** Sizes of batches, one for each process that projects: from one event at a time to all that waits. */
const batchMaxes = [1, 700, 13, 90, 5_000, 37];
const expireAfterS = 5;
const waitMs = 120_000;
const boardsMsMax = 10_000;
const testMsMax = sized(600_000, 3_000_000);
/** Pieces of this many replays are made at the same time. */
const piecesAtOnce = 3;

let stack: Stack;
let gateway: TestGateway;
let ledger: TestLedger;
let api: Api;
let pool: Pool;
let redis: Redis;
let projector: LedgerProcess;
let rival: Rival;

beforeAll(async () => {
  stack = await ownStack();
  gateway = await openGateway({ success_rate: 0.8 });
  ledger = await prepareLedger('proof', partitions);
  const quick = { LEDGER_EXPIRE_AFTER_S: String(expireAfterS), LEDGER_SWEEP_EVERY_S: '1' };
  const patient = { LEDGER_CREDENTIAL_CACHE_MS: '600000', LEDGER_GATEWAY_TIMEOUT_MS: '10000' };
  const [service] = await Promise.all([
    ledger.start('api,writer,workers', { ...gateway.env, ...quick, ...patient }),
    startProjector(0),
  ]);
  api = apiOf(service.url, ledger.key);
  const silent = createLogger({ logLevel: 'fatal' }, new Writable({ write: (_line, _encoding, done) => done() }));
  const databaseUrl = ledger.env['DATABASE_URL'] ?? '';
  pool = createPool({ databaseUrl, postgresPoolMax: 4, postgresTimeoutMs: 10_000 }, silent);
  redis = new Redis(ledger.env['REDIS_URL'] ?? '', { maxRetriesPerRequest: 0 });
  // The server is killed below; a question that finds it away is asked again.
  redis.on('error', () => undefined);
  rival = await startRival(ledger, 250);
  for (const product of products) expect((await api.product(product, stock)).status).toBe(201);
}, 240_000);

afterAll(async () => {
  await rival.stop();
  redis.disconnect();
  await pool.end();
  await ledger.close();
  await gateway.close();
  await stack.stop();
}, 90_000);

async function startProjector(turn: number): Promise<void> {
  projector = await ledger.start('projector', { LEDGER_PROJECTOR_BATCH_MAX: String(batchMaxes[turn] ?? 1) });
}

async function moreOrders(load: MixedOrders): Promise<void> {
  const before = load.decided();
  await eventually(() => load.decided() >= before + ordersBetween, { withinMs: testMsMax, what: 'more orders' });
}

test(
  'FLUSHALL under load: within 10 s the leaderboards in Redis are those of Postgres again, by themselves',
  async () => {
    const load = startMixedOrders(api, { name: 'flushed', products, buyers, thinkMs: 100 });
    await eventually(async () => Number((await standInRedis(pool, redis, ledger.prefix))?.rows) > 5, {
      withinMs: waitMs,
    });
    await redis.flushall();
    const flushedAt = performance.now();
    const rows = await eventually(createComparison(), {
      withinMs: boardsMsMax,
      what: 'the leaderboards of Postgres in Redis',
    });
    const tookMs = Math.round(performance.now() - flushedAt);
    const orders = load.decided();
    await eventually(() => load.decided() > orders, { withinMs: waitMs, what: 'load that goes on' });
    await load.stop();
    expect((await api.get('/v1/leaderboards/customers')).status).toBe(200);
    console.log(`FLUSHALL under load: ${rows} rows equal again after ${tookMs} ms`);
  },
  testMsMax,
);

/**
 * Looks for the same rows here and there at the same offsets, and answers how many. Under load both move between two
 * looks, so that each is compared with all that the other was seen at before.
 */
function createComparison(): () => Promise<number | null> {
  const [there, here] = [new Map<string, Stand>(), new Map<string, Stand>()];
  return async () => {
    const [postgres, found] = await Promise.all([
      standInPostgres(pool, 'leaderboards'),
      standInRedis(pool, redis, ledger.prefix),
    ]);
    there.set(postgres.at, postgres);
    if (found === null) throw new Error('there is nothing in Redis');
    here.set(found.at, found);
    const same = [...there.values()].filter(({ at }) => here.has(at)).at(-1);
    if (same === undefined) throw new Error(`Redis stands at ${found.at}, Postgres at ${postgres.at}`);
    expect(here.get(same.at)).toEqual(same);
    return same.rows;
  };
}

test(
  'after all that can happen each view is one SHA-256: live, replayed, replayed in pieces, and in another place',
  async () => {
    const load = startMixedOrders(api, { name: 'faults', products, buyers, thinkMs: 10 });
    await workFaults(load);
    await load.stop();
    expect(Object.keys(load.statuses).filter((status) => !/^(0|200|201|202|409|503)$/.test(status))).toEqual([]);
    await eventually(async () => (await openOrders(api)) === 0, { withinMs: waitMs, what: 'the end of all orders' });
    await untilShown(api);
    expect(await eventually(createComparison(), { withinMs: waitMs, what: 'equal leaderboards' })).toBeGreaterThan(0);
    const live = await sumsInPostgres(pool);
    const statuses = await countsByStatus(api);
    expect(
      Object.entries(statuses)
        .flatMap(([status, orders]) => (orders > 0 ? [status] : []))
        .sort(),
    ).toEqual(expect.arrayContaining(['CANCELLED', 'EXPIRED', 'FAILED', 'PAID', 'REFUSED']));
    const records = await journalRecords();
    expect(rival.taken()).toBeGreaterThanOrEqual(records.events);
    console.log(
      `${records.events} events, ${JSON.stringify(statuses)}, answers ${JSON.stringify(load.statuses)}; ` +
        `the second projector took ${rival.taken()} events and applied ${rival.applied()} batches`,
    );

    expect(await replayedInPieces(records.records)).toEqual(live);
    expect(await replayedInOneGo({})).toEqual(live);
    const elsewhere = {
      TZ: 'Pacific/Auckland',
      LC_ALL: 'tr_TR.UTF-8',
      LANG: 'tr_TR.UTF-8',
      LEDGER_REPLAY_BATCH_MAX: '77',
    };
    expect(await replayedInOneGo(elsewhere)).toEqual(live);
    // What is read now was replayed; Redis has been following it since.
    expect(await eventually(createComparison(), { withinMs: waitMs, what: 'equal leaderboards' })).toBeGreaterThan(0);
    expect(await sumsInPostgres(pool)).toEqual(live);
    await expectSoundAudit(ledger);
    console.log(live);
  },
  testMsMax,
);

/** Kills the projector five times, and Redis and Postgres once each; orders go on all the time. */
async function workFaults(load: MixedOrders): Promise<void> {
  for (let turn = 1; turn < batchMaxes.length; turn++) {
    await moreOrders(load);
    await projector.end('SIGKILL');
    if (turn === 2) await stack.kill('redis');
    if (turn === 4) await stack.kill('postgres');
    await moreOrders(load);
    if (turn === 2) await stack.start('redis');
    if (turn === 4) await stack.start('postgres');
    await startProjector(turn);
  }
  await moreOrders(load);
}

async function journalRecords(): Promise<{ readonly records: number; readonly events: number }> {
  const { output } = await ledger.run(['replay', 'plan', 'order-history', '--json']);
  const plan = JSON.parse(output.slice(output.search(/^\{/m))) as {
    readonly records: number;
    readonly types: { readonly [type: string]: number };
  };
  return { records: plan.records, events: Object.values(plan.types).reduce((sum, n) => sum + n, 0) };
}

async function replayedInPieces(records: number): Promise<{ readonly [projection: string]: string }> {
  const sums: { [projection: string]: string } = {};
  const left = shipped.map(({ projection }, n) => ({ name: projection.name, n }));
  const work = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      const { name, n } = one;
      const batches = [40 + n * 70, 900, 130 + n];
      const made = await replayInPieces(ledger, pool, { projection: name, killAt: [0.15, 0.45], batches, records });
      expect(made.killedAt.every((at) => at > 0 && at < records)).toBe(true);
      sums[name] = made.sha256;
    }
  };
  await Promise.all(Array.from({ length: piecesAtOnce }, work));
  return sums;
}

/** All views by one process that replays them and activates each. */
async function replayedInOneGo(env: { readonly [name: string]: string }): Promise<{ readonly [name: string]: string }> {
  const { code, output } = await ledger.run(['replay', 'start', '--all', '--yes', '--json'], env, testMsMax);
  expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
  return Object.fromEntries(manifestsIn(output).map(({ projection, sha256 }) => [projection, sha256]));
}
