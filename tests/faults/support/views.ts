// The views of a ledger at rest, as its API shows them, against what its log says.
import { expect } from '@jest/globals';
import type { Api } from '../../support/ledger.ts';
import { untilShown } from '../../support/ledger.ts';
import type { LedgerHistory } from '../../support/ledger-log.ts';

interface Level {
  readonly on_hand: number | null;
  readonly held: number;
}

/** Waits until no event is left to be shown, and demands that every product is shown with the stock of the fold. */
export async function expectViewsOf(api: Api, history: LedgerHistory): Promise<void> {
  await untilShown(api);
  const shown = new Map<string, Level>();
  const levels = levelsOf(history);
  for (const product of levels.keys()) {
    const { body } = await api.get(`/v1/products/${product}`);
    shown.set(product, { on_hand: Number(body['on_hand']), held: Number(body['held']) });
  }
  expect(shown).toEqual(levels);
}

/** Stock of every product as the last event about it states it. */
function levelsOf({ events }: LedgerHistory): ReadonlyMap<string, Level> {
  const levels = new Map<string, Level>();
  for (const { type, data } of events) {
    if (type === 'ProductCreated') levels.set(data.product_id, { on_hand: data.stock, held: 0 });
    if (type === 'StockHeld' || type === 'StockReleased')
      levels.set(data.product_id, { on_hand: data.on_hand, held: data.held });
  }
  return levels;
}
