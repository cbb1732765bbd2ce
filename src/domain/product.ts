// Products and their stock: what may happen to them. `version` counts what people change; holds do not count.
import type { AdjustStock, ArchiveProduct, ChangeProduct, CreateProduct, Money } from '../../schemas/generated.ts';
import { onHandMax } from './money.ts';
import type { Decision, Refusal } from './outcome.ts';
import { fresh, refused, repeated, UnsoundCommand } from './outcome.ts';

export interface Product {
  readonly product_id: string;
  readonly name: string;
  readonly price: Money;
  /** Units on hand; null when the product is not tracked. */
  readonly on_hand: number | null;
  /** Units set aside for live orders. */
  readonly held: number;
  readonly low_stock_threshold: number | null;
  readonly version: number;
  /** Journal offset of the ProductArchived; null while the product is offered. */
  readonly archived: number | null;
}

/** What every command about an existing product says. */
interface Aim {
  readonly product_id: string;
  readonly expected_version: number | null;
}

export function createProduct(existing: Product | undefined, command: CreateProduct): Decision {
  const { product_id, name, price, stock, low_stock_threshold, billing, frequency } = command;
  if (existing !== undefined) return no('already_exists', product_id, `Product ${product_id} exists already.`);
  if (stock !== null && stock < 0) throw new UnsoundCommand(`the stock of a new product is ${stock}`);
  if (stock !== null && stock > onHandMax) return tooMany(product_id, stock);
  checkPrice(price);
  const data = { product_id, name, price, stock, low_stock_threshold, billing, frequency, version: 1 };
  return fresh([{ type: 'ProductCreated', data }]);
}

export function changeProduct(existing: Product | undefined, command: ChangeProduct): Decision {
  return whileOffered(existing, command, (product) => {
    if (command.price !== null) checkPrice(command.price);
    const { product_id, low_stock_threshold: threshold } = command;
    const name = command.name ?? product.name;
    const price = command.price ?? product.price;
    const low_stock_threshold = threshold === null ? product.low_stock_threshold : threshold.value;
    const isSame =
      name === product.name &&
      price.amount === product.price.amount &&
      price.currency === product.price.currency &&
      low_stock_threshold === product.low_stock_threshold;
    if (isSame) return reached(product_id, 'ProductChanged');
    const data = { product_id, name, price, low_stock_threshold, version: product.version + 1 };
    return fresh([{ type: 'ProductChanged', data }]);
  });
}

export function archiveProduct(existing: Product | undefined, command: ArchiveProduct): Decision {
  const { product_id } = command;
  if (existing !== undefined && existing.archived !== null) {
    return fresh([repeated({ product_id }, existing.archived, 'ProductArchived')]);
  }
  return whileOffered(existing, command, (product) =>
    fresh([{ type: 'ProductArchived', data: { product_id, version: product.version + 1 } }]),
  );
}

export function adjustStock(existing: Product | undefined, command: AdjustStock): Decision {
  const { product_id, delta, set_to, reason, reference } = command;
  return whileOffered(existing, command, ({ on_hand: before, held, version }) => {
    if (before === null) return no('not_tracked', product_id, `The stock of product ${product_id} is not tracked.`);
    const onHand = stockAfter(before, delta, set_to);
    if (onHand > onHandMax) return tooMany(product_id, onHand);
    if (onHand < held) {
      const detail = `Product ${product_id} would have ${onHand} on hand, below the ${held} that are held.`;
      return no('would_go_below_held', product_id, detail);
    }
    if (onHand === before) return reached(product_id, 'StockAdjusted');
    const data = { product_id, delta: onHand - before, on_hand: onHand, held, reason, reference, version: version + 1 };
    return fresh([{ type: 'StockAdjusted', data }]);
  });
}

/** Goes on with a product that is there, is offered and has the version that the caller expects; else refuses. */
function whileOffered(existing: Product | undefined, aim: Aim, goOn: (product: Product) => Decision): Decision {
  const { product_id, expected_version: expected } = aim;
  if (existing === undefined) return no('unknown_product', product_id, `There is no product ${product_id}.`);
  if (existing.archived !== null) return no('product_archived', product_id, `Product ${product_id} is archived.`);
  if (expected !== null && expected !== existing.version) {
    const detail = `Product ${product_id} has version ${existing.version}, not ${expected}.`;
    return no('version_mismatch', product_id, detail);
  }
  return goOn(existing);
}

/** The product is already as it was wanted. No event made it so for this command, so none is named. */
function reached(product_id: string, wanted: 'ProductChanged' | 'StockAdjusted'): Decision {
  return fresh([repeated({ product_id }, -1, wanted)]);
}

function stockAfter(before: number, delta: number | null, setTo: number | null): number {
  if (delta !== null && setTo === null) return before + delta;
  if (delta === null && setTo !== null) return setTo;
  throw new UnsoundCommand('a stock adjustment gives exactly one of delta and set_to');
}

function checkPrice(price: Money): void {
  if (price.amount < 0) throw new UnsoundCommand(`a price is ${price.amount}`);
}

function no(reason: Refusal, product_id: string, detail: string): Decision {
  return fresh([refused(reason, detail, { product_id })]);
}

function tooMany(product_id: string, onHand: number): Decision {
  const detail = `Product ${product_id} would have ${onHand} on hand, more than ${onHandMax}.`;
  return no('amount_too_large', product_id, detail);
}
