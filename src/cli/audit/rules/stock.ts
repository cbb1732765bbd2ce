// Stock moves only as its events say: every level is what the one before and the movement give, and nothing is promised
// twice. A level that differs is reported once; from there on the journal's own word is followed.
import type { PlacedEvent } from '../../../../schemas/records.ts';
import type { JudgeOptions, Known, Product } from '../judge.ts';

/** Folds one event into the levels. */
export function foldStock(known: Known, event: PlacedEvent, { note }: JudgeOptions): void {
  switch (event.type) {
    case 'ProductCreated':
      return create(known, event, note);
    case 'ProductChanged':
    case 'ProductArchived':
    case 'StockAdjusted':
    case 'StockHeld':
    case 'StockReleased':
    case 'StockSold': {
      const { product_id } = event.data;
      const product = known.products.get(product_id);
      if (product !== undefined) return move(known, product, event, note);
      return note('stock', event.offset, `${event.type} of product ${product_id}, which does not exist`);
    }
    case 'CommandRefused':
    case 'CommandRepeated':
    case 'HoldAnswered':
    case 'LedgerOpened':
    case 'OrderAccepted':
    case 'OrderCancelled':
    case 'OrderExpired':
    case 'OrderFailed':
    case 'OrderPaid':
    case 'OrderPlaced':
    case 'OrderProcessing':
    case 'OrderRefused':
    case 'PaymentRequested':
    case 'StockHoldGranted':
    case 'StockHoldRefused':
      return;
  }
}

type Moving = Event<
  'ProductChanged' | 'ProductArchived' | 'StockAdjusted' | 'StockHeld' | 'StockReleased' | 'StockSold'
>;

function move(known: Known, product: Product, event: Moving, note: JudgeOptions['note']): void {
  if (event.type === 'ProductChanged' || event.type === 'ProductArchived') return change(product, event, note);
  if (event.type === 'StockAdjusted') adjust(product, event, note);
  else moveHold(known, product, event, note);
  const { product_id, on_hand, held } = event.data;
  if (on_hand !== product.onHand || held !== product.held) {
    const said = `${event.type} says ${levels(on_hand, held)}`;
    const text = `product ${product_id}: ${said}, the events up to it give ${levels(product.onHand, product.held)}`;
    note('stock', event.offset, text);
  }
  if (isOversold(product.onHand, product.held)) {
    note('oversold', event.offset, `product ${product_id}: ${levels(product.onHand, product.held)}`);
  } else if (isOversold(on_hand, held)) {
    note('oversold', event.offset, `product ${product_id}: ${levels(on_hand, held)}, by its own word`);
  }
  product.onHand = on_hand;
  product.held = held;
}

function isOversold(onHand: number | null, held: number): boolean {
  return held < 0 || (onHand !== null && (onHand < 0 || held > onHand));
}

function levels(onHand: number | null, held: number): string {
  return `${onHand ?? 'untracked'} on hand and ${held} held`;
}

type Event<T extends PlacedEvent['type']> = Extract<PlacedEvent, { readonly type: T }>;

function create(known: Known, { data, offset }: Event<'ProductCreated'>, note: JudgeOptions['note']): void {
  const { product_id, name, price, stock, low_stock_threshold: threshold, version } = data;
  if (known.products.has(product_id)) note('stock', offset, `product ${product_id} was created twice`);
  if (stock !== null && stock < 0) note('oversold', offset, `product ${product_id} begins with ${stock} on hand`);
  known.products.set(product_id, {
    id: product_id,
    name,
    price,
    onHand: stock,
    held: 0,
    threshold,
    version,
    archived: null,
  });
}

function change(
  product: Product,
  event: Event<'ProductChanged' | 'ProductArchived'>,
  note: JudgeOptions['note'],
): void {
  checkOffered(product, event, note);
  product.version = event.data.version;
  if (event.type === 'ProductArchived') {
    product.archived = event.offset;
    return;
  }
  product.name = event.data.name;
  product.price = event.data.price;
  product.threshold = event.data.low_stock_threshold;
}

function adjust(product: Product, event: Event<'StockAdjusted'>, note: JudgeOptions['note']): void {
  checkOffered(product, event, note);
  if (product.onHand === null) note('stock', event.offset, `product ${event.data.product_id} has no stock to adjust`);
  product.onHand = (product.onHand ?? 0) + event.data.delta;
  product.version = event.data.version;
}

function checkOffered(
  product: Product,
  { type, data, offset }: Event<'ProductChanged' | 'ProductArchived' | 'StockAdjusted'>,
  note: JudgeOptions['note'],
): void {
  if (product.archived !== null) note('stock', offset, `${type} of product ${data.product_id}, which is archived`);
  if (data.version !== product.version + 1) {
    note('stock', offset, `product ${data.product_id} goes from version ${product.version} to ${data.version}`);
  }
}

function moveHold(
  known: Known,
  product: Product,
  { type, data, offset }: Event<'StockHeld' | 'StockReleased' | 'StockSold'>,
  note: JudgeOptions['note'],
): void {
  const { product_id, order_id, quantity } = data;
  const lines = known.holds.get(order_id) ?? [];
  const own = lines.find((line) => line.product_id === product_id);
  if (quantity < 1) note('hold', offset, `order ${order_id}: ${type} of ${quantity} units of ${product_id}`);
  if (type === 'StockHeld') {
    if (own !== undefined) note('hold', offset, `order ${order_id} holds ${product_id} twice`);
    // The product's own id, so that a million orders share one text.
    known.holds.set(order_id, [...lines, { product_id: product.id, quantity }]);
    product.held += quantity;
    return;
  }
  if (own?.quantity !== quantity) {
    note(
      'hold',
      offset,
      `order ${order_id} gives back ${quantity} of ${product_id} and holds ${own?.quantity ?? 0}: settled twice, or never held`,
    );
  }
  const left = lines.filter((line) => line !== own);
  if (left.length === 0) known.holds.delete(order_id);
  else known.holds.set(order_id, left);
  product.held -= quantity;
  if (type === 'StockSold' && product.onHand !== null) product.onHand -= quantity;
}
