// A process dies between two steps while another one works beside it, and the buyers ask again with the same key: one
// effect each, none lost, whatever the step was.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { CrashPoint } from '../../src/platform/crash-points.ts';
import type { LedgerProcess, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { eventually } from '../support/servers.ts';
import type { Sales } from './sales.ts';
import { createSales } from './sales.ts';

jest.setTimeout(150_000);

let ledger: TestLedger;
let sales: Sales;
let survivor: LedgerProcess;

const crashMsMax = 60_000;

/** Points, the roles of the process that dies, and how many passes it survives. */
const crashes: readonly (readonly [point: CrashPoint, roles: string, nth: number])[] = [
  ['decide', 'api,writer', 40],
  ['append', 'api,writer', 40],
  ['submit', 'api', 100],
  ['answer', 'api', 100],
  ['project', 'projector', 20],
];

beforeAll(async () => {
  ledger = await prepareLedger('crash');
  sales = createSales(ledger);
  survivor = await ledger.start();
}, 90_000);

afterAll(() => ledger.close(), 60_000);

test.each(crashes)('a crash at `%s` of a process with the roles %s', async (point, roles, nth) => {
  const doomed = await ledger.start(roles, { CRASH_AT: `${point}:${nth}` });
  const survivors = apiOf(survivor.url, ledger.key);
  const services = roles.includes('api') ? [survivors, apiOf(doomed.url, ledger.key)] : [survivors];
  const sale = await sales.start(point, services);
  await eventually(() => doomed.killedBy() !== null, { withinMs: crashMsMax, what: `the crash at ${point}` });
  expect(doomed.killedBy()).toBe('SIGKILL');
  const { againMs, history } = await sale.end();
  console.log(
    `crash at ${point}: answering again after ${againMs} ms, longest gap ${Math.round(sale.load.longestGapMs())} ms,`,
    `${sale.load.told.length} orders, ${history.voids} void so far, answers`,
    sale.load.statuses,
  );
});
