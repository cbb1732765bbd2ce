// Sales for tests under faults: one after the other on a ledger, each with buyers of its own, some products plenty and
// some scarce. At the end of each the log, the stock as it is shown, and all that buyers were ever told must agree.
import { expect } from '@jest/globals';
import { expectSoundAudit } from '../support/audit.ts';
import type { Api, TestLedger } from '../support/ledger.ts';
import type { LedgerHistory } from '../support/ledger-log.ts';
import { judge } from '../support/ledger-log.ts';
import type { Load, Told } from '../support/load.ts';
import { disagreements, startLoad } from '../support/load.ts';
import { eventually } from '../support/servers.ts';

export interface Sale {
  readonly load: Load;
  /**
   * To be called when the fault is over: waits until buyers are answered again, lets all of them finish, and judges.
   * Answers how long the first answers took, ms, and what the log holds.
   * @throws Error naming what does not agree
   */
  end(): Promise<{ readonly againMs: number; readonly history: LedgerHistory }>;
}

export interface Sales {
  /** Opens the next sale; its buyers ask the services by turns. The first service must work. */
  start(name: string, services: readonly Api[]): Promise<Sale>;
}

const buyers = 20;
const plentyStock = 1_000_000;
const scarceStock = 25;
/** Take-over included, and a machine that has other things to do. */
const againMsMax = 30_000;
const viewMsMax = 20_000;

export function createSales(ledger: TestLedger): Sales {
  const earlier: (readonly Told[])[] = [];
  return {
    start: async (name, services) => {
      const [first] = services;
      if (first === undefined) throw new Error('a sale needs a service');
      const stocks = new Map([
        ...['a', 'b', 'c', 'd', 'e'].map((letter) => [`${name}-plenty-${letter}`, plentyStock] as const),
        ...['a', 'b', 'c'].map((letter) => [`${name}-scarce-${letter}`, scarceStock] as const),
      ]);
      for (const [product, stock] of stocks) expect((await first.product(product, stock)).status).toBe(201);
      const load = startLoad(services, [...stocks.keys()], buyers, `${name}-`);
      earlier.push(load.told);
      return {
        load,
        end: async () => {
          const againMs = await answeredAgain(load);
          await load.stop();
          const history = await judge(ledger);
          expect(history.findings).toEqual([]);
          expect(disagreements(earlier.flat(), history.events)).toEqual([]);
          for (const [product, stock] of stocks) await expectStock(first, product, stock, history);
          await expectSoundAudit(ledger);
          return { againMs, history };
        },
      };
    },
  };
}

async function answeredAgain(load: Load): Promise<number> {
  const started = performance.now();
  const told = load.told.length;
  const enough = (): boolean => load.told.length >= told + 2 * buyers;
  await eventually(enough, { withinMs: againMsMax, what: `${2 * buyers} answers after the fault` });
  return Math.round(performance.now() - started);
}

/** What readers are shown is what the log says, and no more was sold than there was. */
async function expectStock(api: Api, product: string, stock: number, { events }: LedgerHistory): Promise<void> {
  const sold = events.filter(({ type, data }) => type === 'StockHeld' && data.product_id === product).length;
  expect(sold).toBeLessThanOrEqual(stock);
  const shown = async (): Promise<boolean> => {
    const { status, body } = await api.get(`/v1/products/${product}`);
    return status === 200 && body['held'] === sold && body['available'] === stock - sold;
  };
  await eventually(shown, { withinMs: viewMsMax, what: `${product} with ${sold} held` });
}
