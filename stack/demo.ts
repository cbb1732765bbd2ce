// `make demo`: a flash sale on the ledger that `make up` started, told while it happens, then what the log says, and a
// view that is built from it again.
//   node stack/demo.ts [--units 500] [--buyers 5000] [--at-once 100] [--env .run/env]
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, parseEnv } from 'node:util';
import { createShop } from './demo/shop.ts';
import type { Shop } from './demo/shop.ts';
import { holdSale } from './demo/sale.ts';
import type { Sale } from './demo/sale.ts';
import { createTeller } from './demo/teller.ts';
import { runDir } from './up/settings.ts';
import { messageOf } from './wait.ts';

const teller = createTeller(process.stdout);
const { say } = teller;

async function demo(signal: AbortSignal): Promise<boolean> {
  const { units, buyers, atOnce, envFile } = options();
  const shop = createShop(clientEnvironment(envFile), signal);
  const product = `flash-sale-${Date.now().toString(36)}`;
  await shop.createProduct(product, units);
  say(`\nA flash sale: ${count(units)} units, ${count(buyers)} buyers, ${atOnce} of them asking at any moment.\n`);
  const sale = await holdSale({ shop, product, units, buyers, atOnce, signal, show: teller.show });
  teller.done();
  tellSale(sale, units);
  const repeated = await tellRepeat(shop, product, sale);
  const right = await tellStock(shop, product, Math.min(units, buyers));
  const proven = await tellAudit(shop);
  const rebuilt = await tellRebuild(shop);
  return (
    repeated && right && proven && rebuilt && sale.sold.length === Math.min(units, buyers) && sale.strange.size === 0
  );
}

interface Options {
  readonly units: number;
  readonly buyers: number;
  readonly atOnce: number;
  /** What `make up` wrote. */
  readonly envFile: string;
}

function options(): Options {
  const { values } = parseArgs({
    options: {
      units: { type: 'string', default: '500' },
      buyers: { type: 'string', default: '5000' },
      'at-once': { type: 'string', default: '100' },
      env: { type: 'string', default: join(runDir, 'env') },
    },
  });
  const [units = 0, buyers = 0, atOnce = 0] = [values.units, values.buyers, values['at-once']].map(Number);
  if ([units, buyers, atOnce].every((value) => Number.isSafeInteger(value) && value > 0)) {
    return { units, buyers, atOnce, envFile: values.env };
  }
  throw new Error('--units, --buyers and --at-once must be whole and at least 1');
}

/** @throws Error when there was no `make up` */
function clientEnvironment(file: string): { readonly url: string; readonly apiKey: string } {
  const env = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  const { LEDGER_URL: url, LEDGER_API_KEY: apiKey } = env;
  if (url === undefined || apiKey === undefined) throw new Error(`${file} names no ledger: run make up first`);
  return { url, apiKey };
}

function tellSale({ sold, refused, askedAgain, strange, seconds, ms }: Sale, units: number): void {
  const answers = sold.length + refused;
  const all = ms.toSorted((a, b) => a - b);
  const within = (share: number): string => count(Math.ceil(all[Math.floor(all.length * share)] ?? 0));
  say(`\nSold: ${count(sold.length)} of ${count(units)}. Told that they are gone: ${count(refused)} buyers.`);
  for (const [status, times] of strange) say(`NOT EXPECTED: ${count(times)} x ${status}`);
  say(
    `${count(answers)} buyers answered in ${seconds.toFixed(1)} s, ${count(Math.round(answers / seconds))} a second;`,
  );
  say(`half of the answers took at most ${within(0.5)} ms, 99 of 100 at most ${within(0.99)} ms.`);
  if (askedAgain > 0) say(`${count(askedAgain)} times a buyer heard "not yet" and asked again with the same key.`);
}

async function tellRepeat(shop: Shop, product: string, { sold }: Sale): Promise<boolean> {
  const [first] = sold;
  if (first === undefined) return false;
  const again = await shop.order(product, first.key);
  const same = again.status === 200 && again.orderId === first.orderId;
  const what = same ? 'the same order, and no second one' : `order ${again.orderId}, NOT the same`;
  say(`\nA buyer who lost the answer sends the order again: ${again.status}, ${what}.`);
  return same;
}

async function tellStock(shop: Shop, product: string, held: number): Promise<boolean> {
  const levels = await shop.levels(product);
  say(`The product now: ${count(levels.held)} held, ${count(levels.available)} available.`);
  return levels.held === held && levels.available === levels.on_hand - held;
}

async function tellAudit(shop: Shop): Promise<boolean> {
  say('\nThe log is the proof. The audit reads every event from the first one and checks each of them ...');
  const startedAt = performance.now();
  const { ok, findings, warnings, unchecked, partitions } = await shop.audit();
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const sum = (of: 'commands' | 'events'): string => count(partitions.reduce((all, one) => all + one[of], 0));
  const read = `${sum('events')} events of ${sum('commands')} commands read in ${seconds} s`;
  say(`${ok ? 'PASS' : 'FAIL'}  ${read}: ${findings.length} findings, ${warnings.length} warnings`);
  for (const found of [...findings, ...warnings]) say(`  ${JSON.stringify(found)}`);
  for (const what of unchecked) say(`  not checked: ${what}`);
  return ok && findings.length === 0;
}

async function tellRebuild(shop: Shop): Promise<boolean> {
  say(
    '\nEvery view can be thrown away. The one of all products is built again from the first event, beside the live one ...',
  );
  const { events, seconds, equal } = await shop.rebuild('stock');
  const what = equal ? 'equal to the live one, row for row' : 'NOT equal to the live one';
  say(`${equal ? 'PASS' : 'FAIL'}  ${count(events)} events read in ${seconds.toFixed(1)} s: ${what}`);
  return equal;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new Error('interrupted')));
try {
  if (!(await demo(stop.signal))) process.exitCode = 1;
} catch (error) {
  teller.done();
  process.stderr.write(`make demo: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
