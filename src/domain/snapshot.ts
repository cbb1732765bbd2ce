// The whole state of a partition as bytes, and back. The same history makes the same bytes, whether it was folded event
// by event or decided in batches on forks; so two states are equal when the hashes of their bytes are.
//
// The bytes come in pieces. A piece is the length of its head (4 bytes, little-endian), its head as JSON, and for
// records of the compact memory their raw columns.
import type { State } from './decider.ts';
import { evolveVersion, initial } from './decider.ts';
import type { MemoryImage, RecordBlock } from './memory.ts';
import { columnBytes, createMemory, isMemory } from './memory.ts';
import type { ClosedOrder, RecentOrder } from './order.ts';
import type { Head, SliceHead } from './snapshot-rows.ts';
import {
  holdOf,
  holdRow,
  liveOrderOf,
  orderRow,
  productOf,
  productRow,
  reservingOf,
  reservingRow,
} from './snapshot-rows.ts';
import { get, put } from './table.ts';
import type { Slice } from './timed.ts';
import { addSlice, slicesOf } from './timed.ts';

/** Makes a state of pieces, given in the order in which they were encoded. */
export interface Restoring {
  /** @throws Error when it is no piece, or none that may come here */
  add(piece: Uint8Array): void;
  /** What the pieces made; to be asked once, after the last one. */
  state(): State;
}

/** What a snapshot needs of the domain. */
export const stateCodec = { evolveVersion, encode: encodeState, restore: restoreState } as const;

/** Characters of rows after which a piece is cut; keeps each step short and each piece far below a Kafka message. */
const pieceCharsTarget = 32_768;
/** Written and read as the machine orders its bytes: raw columns are of no use to one that orders them otherwise. */
const byteOrderMark = 0x01020304;
const lengthBytes = 4;

/**
 * Encodes a state that is no fork. Each step takes well below a millisecond, so that the caller may rest in between;
 * nobody may change the state before the last.
 */
function* encodeState(state: State): Generator<Uint8Array> {
  if (state.below !== null) throw new Error('a fork cannot be encoded: it is not acknowledged');
  const { time, partitions, sent } = state;
  yield piece({ is: 'state', time, partitions, sent }, [new Uint8Array(Uint32Array.of(byteOrderMark).buffer)]);
  yield* rows('products', state.products.own.values(), (row) => (row === null ? [] : [productRow(row)]));
  yield* rows('orders', state.orders.own, ([id, row]) => (row === null ? [] : [orderRow(id, row)]));
  yield* rows('reserving', state.reserving.own, ([id, row]) => (row === null ? [] : [reservingRow(id, row)]));
  yield* rows('holds', state.holds.own, ([id, row]) => (row === null ? [] : [holdRow(id, row)]));
  yield* rows('taken', state.taken.own, ([id, row]) => (row === null ? [] : [[id, row.command_offset]]));
  yield* rows('outbox', state.outbox.own, ([id, row]) => (row === null ? [] : [[id, row.messages]]));
  for (const { spanS, slice } of slicesOf(state.closed)) {
    yield sliceHead('closed', spanS, slice);
    yield* rows('closed', slice.store.entries(), (entry) => [entry]);
  }
  for (const { spanS, slice } of slicesOf(state.recent)) {
    yield sliceHead('recent', spanS, slice);
    yield* rows('recent', slice.store.entries(), (entry) => [entry]);
  }
  for (const { spanS, slice } of slicesOf(state.remembered)) {
    if (!isMemory(slice.store)) throw new Error('only a fork keeps what it remembers in plain maps');
    yield sliceHead('remembered', spanS, slice);
    const { texts, decisions, blocks } = slice.store.image();
    yield* rows('decisions', decisions, (text) => [text]);
    yield* rows('texts', texts, (text) => [text]);
    for (const { count, columns } of blocks) yield piece({ is: 'records', count }, columns);
  }
}

/** A state begins empty and takes the pieces one by one. */
function restoreState(): Restoring {
  const state = initial();
  let begun = false;
  let slice: SliceHead | null = null;
  let closed = new Map<string, ClosedOrder>();
  let recent = new Map<string, RecentOrder>();
  let image: { texts: string[]; decisions: string[]; blocks: RecordBlock[] } = { texts: [], decisions: [], blocks: [] };

  function finishSlice(): void {
    if (slice === null) return;
    const { of, span: spanS, oldest, newest } = slice;
    if (of === 'closed') addSlice(state.closed, spanS, { store: closed, oldest, newest });
    if (of === 'recent') addSlice(state.recent, spanS, { store: recent, oldest, newest });
    if (of === 'remembered') addSlice(state.remembered, spanS, { store: createMemory(image), oldest, newest });
    closed = new Map();
    recent = new Map();
    image = { texts: [], decisions: [], blocks: [] };
    slice = null;
  }

  function add(bytes: Uint8Array): void {
    const { head, body } = open(bytes);
    if (begun === (head.is === 'state')) throw new Error(`a piece of ${head.is} lies where none belongs`);
    begun = true;
    switch (head.is) {
      case 'state':
        checkByteOrder(body);
        state.time = head.time;
        state.partitions = head.partitions;
        state.sent = head.sent;
        return undefined;
      case 'products':
      case 'orders':
      case 'reserving':
      case 'holds':
      case 'taken':
      case 'outbox':
        return addRows(state, head);
      case 'slice':
        finishSlice();
        slice = head;
        return undefined;
      case 'closed':
        return head.rows.forEach(([key, value]) => void closed.set(key, value));
      case 'recent':
        return head.rows.forEach(([key, value]) => void recent.set(key, value));
      case 'texts':
      case 'decisions':
        return void image[head.is].push(...head.rows);
      case 'records':
        return void image.blocks.push({ count: head.count, columns: columnsOf(body, head.count) });
      default:
        throw new Error(`a piece of ${JSON.stringify(head)} is not known`);
    }
  }

  return {
    add,
    state: () => {
      if (!begun) throw new Error('a state has at least one piece');
      finishSlice();
      return state;
    },
  };
}

type TableHead = Extract<Head, { readonly is: 'products' | 'orders' | 'reserving' | 'holds' | 'taken' | 'outbox' }>;

function addRows(state: State, head: TableHead): void {
  const own = (id: string): string => ownId(state, id);
  switch (head.is) {
    case 'products':
      return head.rows.map(productOf).forEach((product) => put(state.products, product.product_id, product));
    case 'orders':
      return head.rows.forEach((row) => put(state.orders, row[0], liveOrderOf(row, own)));
    case 'reserving':
      return head.rows.forEach((row) => put(state.reserving, row[0], reservingOf(row)));
    case 'holds':
      return head.rows.forEach((row) => put(state.holds, row[0], holdOf(row, own)));
    case 'taken':
      return head.rows.forEach(([id, command_offset]) => put(state.taken, id, { command_offset }));
    case 'outbox':
      return head.rows.forEach(([id, messages]) => put(state.outbox, id, { messages }));
  }
}

/** The product's own id, so that all orders share one text. */
function ownId(state: State, productId: string): string {
  return get(state.products, productId)?.product_id ?? productId;
}

function sliceHead<Value>(of: SliceHead['of'], span: number, { oldest, newest }: Slice<Value>): Uint8Array {
  return piece({ is: 'slice', of, span, oldest, newest });
}

/** Pieces of rows; `toRow` answers none or one. */
function* rows<Item>(
  is: Extract<Head, { readonly rows: unknown }>['is'],
  items: Iterable<Item>,
  toRow: (item: Item) => readonly unknown[],
): Generator<Uint8Array> {
  let texts: string[] = [];
  let chars = 0;
  for (const item of items) {
    for (const row of toRow(item)) {
      const text = JSON.stringify(row);
      texts.push(text);
      chars += text.length;
    }
    if (chars < pieceCharsTarget) continue;
    yield pieceOf(`{"is":"${is}","rows":[${texts.join(',')}]}`);
    texts = [];
    chars = 0;
  }
  if (texts.length > 0) yield pieceOf(`{"is":"${is}","rows":[${texts.join(',')}]}`);
}

function piece(head: Head, body: MemoryImage['blocks'][number]['columns'] = []): Uint8Array {
  return pieceOf(JSON.stringify(head), body);
}

function pieceOf(head: string, body: readonly Uint8Array[] = []): Uint8Array {
  const headBytes = new TextEncoder().encode(head);
  const bodyBytes = body.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(lengthBytes + headBytes.length + bodyBytes);
  new DataView(bytes.buffer).setUint32(0, headBytes.length, true);
  bytes.set(headBytes, lengthBytes);
  let at = lengthBytes + headBytes.length;
  for (const part of body) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** @throws Error */
function open(bytes: Uint8Array): { readonly head: Head; readonly body: Uint8Array } {
  if (bytes.length < lengthBytes) throw new Error('a piece is too short');
  const end = lengthBytes + new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true);
  if (end > bytes.length) throw new Error('a piece is cut off');
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(lengthBytes, end));
  // Taken as it is: what these bytes make is thrown away unless their hash is the one that was written with them.
  return { head: JSON.parse(text) as Head, body: bytes.subarray(end) };
}

function columnsOf(body: Uint8Array, count: number): readonly Uint8Array[] {
  let at = 0;
  return columnBytes.map((width) => {
    const column = body.subarray(at, at + width * count);
    at += width * count;
    return column;
  });
}

function checkByteOrder(body: Uint8Array): void {
  const mark = new Uint8Array(Uint32Array.of(byteOrderMark).buffer);
  if (mark.some((byte, place) => body[place] !== byte)) throw new Error('another byte order wrote these bytes');
}
