// A ledger of several processes under the load of buyers, a fault in the middle, and what must be true after every
// fault: nothing lost, nothing twice, nothing oversold, the views equal to the log, answering again in time.
import { expect } from '@jest/globals';
import { partitionOf } from '../../../src/domain/partitioner.ts';
import { expectSoundAudit } from '../../support/audit.ts';
import type { Api, LedgerProcess, TestLedger } from '../../support/ledger.ts';
import { apiOf, prepareLedger } from '../../support/ledger.ts';
import type { LedgerHistory } from '../../support/ledger-log.ts';
import { judge } from '../../support/ledger-log.ts';
import type { Load, Told } from '../../support/load.ts';
import { disagreements, startLoad } from '../../support/load.ts';
import { eventually } from '../../support/servers.ts';
import { expectViewsOf } from './views.ts';

export interface Scene {
  readonly ledger: TestLedger;
  /** Services that the buyers ask by turns; a test that starts another one puts it here. */
  readonly services: Api[];
  /** What buyers of earlier loads were told. */
  readonly told: Told[];
  close(): Promise<void>;
}

export interface FaultOptions {
  /** Longest time that buyers of one product may go without a final answer, ms; asked when the fault is over. */
  readonly gapMsMax: number | (() => number);
  /** How long each buyer waits between two orders, ms; more for a fault that takes long. */
  readonly thinkMs?: number;
}

export interface Aftermath {
  readonly history: LedgerHistory;
  /** Every status that any request got, how often. */
  readonly statuses: { readonly [status: string]: number };
}

/** What the goods of one load are: enough for all, or gone in mid-run, one of either at least in each partition. */
export interface Goods {
  readonly plenty: readonly string[];
  readonly scarce: readonly string[];
  readonly all: readonly string[];
}

/** No outage here lasts as long as a credential is trusted, whenever it was verified. */
const trusting = { LEDGER_CREDENTIAL_CACHE_MS: '600000' };
/** Of every scene's ledger. */
export const partitions = 4;
const buyers = 12;
const thinkMsDefault = 15;
const plentyStock = 1_000_000;
/** Half of it is sold when the fault comes, and all of it soon afterwards. */
const scarceStock = 40;
const ordersBefore = 250;
const ordersAfter = 400;
/** Of a long list of findings these are enough to see what is wrong. */
const shownMax = 10;
const ordersMsMax = 60_000;

/** Prepares a ledger without any process. */
export async function openScene(name: string): Promise<Scene> {
  const ledger = await prepareLedger(name, partitions);
  return { ledger, services: [], told: [], close: () => ledger.close() };
}

/** Starts a process with the API role, which buyers ask from now on; in place of another one where there is one. */
export async function openService(scene: Scene, roles: string, place = scene.services.length): Promise<LedgerProcess> {
  const started = await scene.ledger.start(roles, trusting);
  scene.services[place] = apiOf(started.url, scene.ledger.key);
  return started;
}

/** The service that was opened last. */
export function lastOf({ services }: Pick<Scene, 'services'>): Api {
  const api = services.at(-1);
  if (api === undefined) throw new Error('the scene has no service');
  return api;
}

/**
 * Lets buyers order, works the fault in mid-run, lets them order on until each product was asked for again, and then
 * demands what must hold after every fault. Prints one line of figures.
 */
export async function underLoad(
  scene: Scene,
  name: string,
  { gapMsMax, thinkMs = thinkMsDefault }: FaultOptions,
  fault: (load: Load, goods: Goods) => Promise<void>,
): Promise<Aftermath> {
  const started = performance.now();
  const keys = `${name.replace(/[^A-Za-z0-9]+/g, '-')}-`;
  const goods = goodsFor(keys);
  await createGoods(scene, goods);
  const load = startLoad(scene.services, goods.all, buyers, keys, thinkMs);
  const work = async (): Promise<void> => {
    await eventually(() => load.told.length >= ordersBefore, { withinMs: ordersMsMax, what: `${ordersBefore} orders` });
    await fault(load, goods);
    await goesOn(load, gapMsMax);
  };
  const [worked] = await Promise.allSettled([work()]);
  const [stopped] = await Promise.allSettled([worked.status === 'rejected' ? load.abandon() : load.stop()]);
  // Also of a load that failed, so that the faults after it are judged by what was told.
  scene.told.push(...load.told);
  if (worked.status === 'rejected') {
    throw new Error(`${name}: statuses ${JSON.stringify(load.statuses)}`, { cause: worked.reason });
  }
  if (stopped.status === 'rejected') throw stopped.reason;
  const gapMs = Math.round(load.longestGapMs());
  const history = await judge(scene.ledger);
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(
    `${name}: gap ${gapMs} ms, ${load.told.length} orders, statuses ${JSON.stringify(load.statuses)}, ` +
      `${history.voids} void records, ${seconds} s`,
  );
  expect(history.findings.slice(0, shownMax)).toEqual([]);
  expect(disagreements(scene.told, history.events).slice(0, shownMax)).toEqual([]);
  expect(soldOf(history, goods.scarce)).toEqual(new Map(goods.scarce.map((product) => [product, scarceStock])));
  await expectViewsOf(lastOf(scene), history);
  await expectSoundAudit(scene.ledger);
  return { history, statuses: load.statuses };
}

/**
 * Waits until orders for every product are decided as if nothing had happened.
 * @throws Error as soon as that has taken longer than it may
 */
export async function goesOn(load: Load, gapMsMax: FaultOptions['gapMsMax'] = ordersMsMax): Promise<void> {
  const at = performance.now();
  const before = load.told.length;
  const gapMsNow = typeof gapMsMax === 'number' ? gapMsMax : gapMsMax();
  const goes = (): boolean => load.answeredSince(at) && load.told.length >= before + ordersAfter;
  const isSilent = (): boolean => load.longestGapMs() > gapMsNow;
  await eventually(() => goes() || isSilent(), { withinMs: ordersMsMax, what: `${ordersAfter} more orders` });
  expect(load.longestGapMs()).toBeLessThan(gapMsNow);
}

/** Two products of plenty and a scarce one in each partition. */
function goodsFor(keys: string): Goods {
  const wanted = Array.from({ length: partitions }, (_, partition) => partition);
  const plenty = [...wanted, ...wanted].map((partition, i) => idIn(partition, `${keys}plenty-${i}`));
  const scarce = wanted.map((partition) => idIn(partition, `${keys}scarce`));
  return { plenty, scarce, all: [...plenty, ...scarce] };
}

/** The first id that begins like this and lies in the partition. */
function idIn(partition: number, start: string): string {
  for (let i = 0; ; i++) {
    const id = `${start}-${i}`;
    if (partitionOf(id, partitions) === partition) return id;
  }
}

async function createGoods(scene: Scene, { plenty, scarce }: Goods): Promise<void> {
  const api = lastOf(scene);
  for (const product of plenty) expect((await api.product(product, plentyStock)).status).toBe(201);
  for (const product of scarce) expect((await api.product(product, scarceStock)).status).toBe(201);
}

function soldOf({ events }: LedgerHistory, products: readonly string[]): ReadonlyMap<string, number> {
  const sold = new Map(products.map((product) => [product, 0]));
  for (const event of events) {
    if (event.type !== 'OrderAccepted') continue;
    for (const { product_id, quantity } of event.data.lines) {
      const before = sold.get(product_id);
      if (before !== undefined) sold.set(product_id, before + quantity);
    }
  }
  return sold;
}
