// What is remembered under a command_id. Millions of these are kept for a day, so the state keeps them as numbers in
// typed arrays outside the heap, where the garbage collector neither counts nor visits them.
//
// One record takes 67 bytes: command_id 16, first half of the fingerprint 16, order_id 16 (or the place of a text in a
// list), log time 8, journal offset 8, how it was decided 2, what kind of id 1; its place in the hash index 8 to 16 more.
// Records lie in chunks and are never moved or removed one by one: `timed.ts` frees whole stores.
// Half a SHA-256 is enough: nobody finds two requests of their own with the same 128 bits.
import type { Store } from './timed.ts';
import { formatUuid, parseUuid } from './uuid.ts';

export interface Remembered {
  /** Log time of the decision, ms. */
  readonly at: number;
  /** At least its first 16 bytes. */
  readonly fingerprint: Uint8Array;
  /** Journal offset of the event that decided. */
  readonly first_offset: number;
  /** Name of that event, or the code of its refusal. */
  readonly decided: string;
  readonly order_id: string | null;
  /** Null where there is an order_id. */
  readonly product_id: string | null;
}

/** Whether two requests are the same, as far as memory can tell. */
export function sameFingerprint(a: Uint8Array, b: Uint8Array): boolean {
  for (let place = 0; place < fingerprintBytes; place += 1) if (a[place] !== b[place]) return false;
  return true;
}

/** Some records as raw bytes in the byte order of the machine, one array a column. */
export interface RecordBlock {
  readonly count: number;
  readonly columns: readonly Uint8Array[];
}

/** All that a memory holds, for a snapshot; nobody may change the memory while it is read. */
export interface MemoryImage {
  readonly texts: readonly string[];
  readonly decisions: readonly string[];
  /** All but the last are full. */
  readonly blocks: readonly RecordBlock[];
}

export interface MemoryStore extends Store<Remembered> {
  image(): MemoryImage;
}

/**
 * A store of remembered commands by command_id: an empty one, or what an image holds. `set` throws on a command_id that
 * is no UUID in canonical form.
 * @throws Error when the image is none
 */
export function createMemory(image: MemoryImage = { texts: [], decisions: [], blocks: [] }): MemoryStore {
  const memory = load(image);
  return {
    get size() {
      return memory.size;
    },
    image: () => {
      const { texts, decisions, chunks } = memory;
      return { texts, decisions, blocks: chunks.map((chunk, n) => blockOf(memory, chunk, n)) };
    },
    get: (commandId) => {
      if (!parseUuid(commandId, key, 0)) return undefined;
      const record = (memory.index[slotOf(memory, key)] ?? 0) - 1;
      return record < 0 ? undefined : read(memory, record);
    },
    set: (commandId, value) => {
      if (!parseUuid(commandId, key, 0)) throw new Error(`cannot remember under ${commandId}: it is no UUID`);
      const slot = slotOf(memory, key);
      const known = memory.index[slot] ?? 0;
      const record = known === 0 ? memory.size : known - 1;
      write(memory, record, value);
      if (known !== 0) return;
      memory.size += 1;
      memory.index[slot] = memory.size;
      if (memory.size > memory.index.length * indexLoadMax) buildIndex(memory, memory.index.length * 2);
    },
    *entries() {
      for (let record = 0; record < memory.size; record += 1) {
        const { words } = chunkOf(memory, record);
        yield [formatUuid(words, (record % chunkSize) * wordsPerRecord), read(memory, record)] as const;
      }
    },
  };
}

export function isMemory(store: Store<Remembered>): store is MemoryStore {
  return 'image' in store;
}

/** Bytes of one record in each column of a block. */
export const columnBytes: readonly number[] = [48, 8, 8, 2, 1];

interface Memory {
  readonly chunks: Chunk[];
  /** Product ids, and order ids that are no UUIDs. */
  readonly texts: string[];
  /** The few ways in which commands were decided. */
  readonly decisions: string[];
  /** Open addressing: number of the record plus 1, or 0 where it is free. */
  index: Uint32Array;
  size: number;
}

interface Chunk {
  /** Twelve words a record: command_id, fingerprint, order_id or place in `texts`. */
  readonly words: Uint32Array;
  readonly at: Float64Array;
  readonly offset: Float64Array;
  readonly decided: Uint16Array;
  readonly idKind: Uint8Array;
}

const chunkSize = 1024;
const wordsPerRecord = 12;
const fingerprintWord = 4;
const idWord = 8;
const fingerprintBytes = 16;
const indexSizeMin = 256;
const indexLoadMax = 0.5;
const idKinds = { none: 0, orderUuid: 1, orderText: 2, productText: 3 } as const;
const key = new Uint32Array(4);

function load({ texts, decisions, blocks }: MemoryImage): Memory {
  const index = new Uint32Array(indexSizeMin);
  const memory: Memory = { chunks: [], texts: [...texts], decisions: [...decisions], index, size: 0 };
  for (const { count, columns } of blocks) {
    if (memory.size % chunkSize !== 0) throw new Error('a block of a memory follows one that is not full');
    const chunk = chunkOf(memory, memory.size);
    bytesOf(chunk).forEach((bytes, column) => {
      const given = columns[column];
      if (given?.length !== count * (columnBytes[column] ?? 0)) throw new Error('a block of a memory is not whole');
      bytes.set(given);
    });
    memory.size += count;
  }
  let length = indexSizeMin;
  while (memory.size > length * indexLoadMax) length *= 2;
  buildIndex(memory, length);
  return memory;
}

function blockOf(memory: Memory, chunk: Chunk, n: number): RecordBlock {
  const count = Math.min(chunkSize, memory.size - n * chunkSize);
  const columns = bytesOf(chunk).map((bytes, column) => bytes.subarray(0, count * (columnBytes[column] ?? 0)));
  return { count, columns };
}

/** The columns of a chunk, in the order of `columnBytes`. */
function bytesOf({ words, at, offset, decided, idKind }: Chunk): readonly Uint8Array[] {
  return [words, at, offset, decided, idKind].map((column) => new Uint8Array(column.buffer));
}

function write(memory: Memory, record: number, value: Remembered): void {
  const { words, at, offset, decided, idKind } = chunkOf(memory, record);
  const place = record % chunkSize;
  const first = place * wordsPerRecord;
  words.set(key, first);
  for (let word = 0; word < fingerprintBytes / 4; word += 1) {
    words[first + fingerprintWord + word] = wordOf(value.fingerprint, word * 4);
  }
  at[place] = value.at;
  offset[place] = value.first_offset;
  decided[place] = placeOf(memory.decisions, value.decided);
  idKind[place] = writeId(memory, words, first + idWord, value);
}

function writeId(memory: Memory, words: Uint32Array, word: number, { order_id, product_id }: Remembered): number {
  const text = order_id ?? product_id;
  if (text === null) return idKinds.none;
  if (order_id !== null && parseUuid(order_id, words, word)) return idKinds.orderUuid;
  words[word] = memory.texts.push(text) - 1;
  return order_id === null ? idKinds.productText : idKinds.orderText;
}

function read(memory: Memory, record: number): Remembered {
  const { words, at, offset, decided, idKind } = chunkOf(memory, record);
  const place = record % chunkSize;
  const first = place * wordsPerRecord;
  const fingerprint = new Uint8Array(fingerprintBytes);
  for (let byte = 0; byte < fingerprintBytes; byte += 1) {
    fingerprint[byte] = (words[first + fingerprintWord + (byte >> 2)] ?? 0) >>> (8 * (3 - (byte & 3)));
  }
  const kind = idKind[place];
  const text = memory.texts[words[first + idWord] ?? 0] ?? null;
  return {
    at: at[place] ?? 0,
    fingerprint,
    first_offset: offset[place] ?? 0,
    decided: memory.decisions[decided[place] ?? 0] ?? '',
    order_id: kind === idKinds.orderUuid ? formatUuid(words, first + idWord) : kind === idKinds.orderText ? text : null,
    product_id: kind === idKinds.productText ? text : null,
  };
}

/** The slot of the command_id in `words` (its first four), or the free slot where it belongs. */
function slotOf(memory: Memory, words: Uint32Array): number {
  const mask = memory.index.length - 1;
  for (let slot = hash(words, 0) & mask; ; slot = (slot + 1) & mask) {
    const record = (memory.index[slot] ?? 0) - 1;
    if (record < 0 || isUnder(memory, record, words)) return slot;
  }
}

function isUnder(memory: Memory, record: number, command: Uint32Array): boolean {
  const { words } = chunkOf(memory, record);
  const first = (record % chunkSize) * wordsPerRecord;
  return (
    words[first] === command[0] &&
    words[first + 1] === command[1] &&
    words[first + 2] === command[2] &&
    words[first + 3] === command[3]
  );
}

function buildIndex(memory: Memory, length: number): void {
  const index = new Uint32Array(length);
  const mask = index.length - 1;
  for (let record = 0; record < memory.size; record += 1) {
    let slot = hash(chunkOf(memory, record).words, (record % chunkSize) * wordsPerRecord) & mask;
    while (index[slot] !== 0) slot = (slot + 1) & mask;
    index[slot] = record + 1;
  }
  memory.index = index;
}

/** Mixes all four words: the first ones of a UUID may be nothing but a clock. */
function hash(words: Uint32Array, first: number): number {
  let mixed = 0;
  for (let word = first; word < first + 4; word += 1) {
    mixed = Math.imul(mixed ^ (words[word] ?? 0), 0x9e3779b1);
    mixed ^= mixed >>> 15;
  }
  return mixed >>> 0;
}

function chunkOf(memory: Memory, record: number): Chunk {
  const number = Math.floor(record / chunkSize);
  let chunk = memory.chunks[number];
  if (chunk === undefined) {
    chunk = {
      words: new Uint32Array(chunkSize * wordsPerRecord),
      at: new Float64Array(chunkSize),
      offset: new Float64Array(chunkSize),
      decided: new Uint16Array(chunkSize),
      idKind: new Uint8Array(chunkSize),
    };
    memory.chunks.push(chunk);
  }
  return chunk;
}

function placeOf(list: string[], text: string): number {
  const place = list.indexOf(text);
  return place < 0 ? list.push(text) - 1 : place;
}

function wordOf(bytes: Uint8Array, from: number): number {
  return (
    ((bytes[from] ?? 0) << 24) | ((bytes[from + 1] ?? 0) << 16) | ((bytes[from + 2] ?? 0) << 8) | (bytes[from + 3] ?? 0)
  );
}
