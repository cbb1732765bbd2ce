// What is remembered for a span of log time. Whether something is still remembered is a comparison with log time, never
// a question of whether it is still there; so memory may be freed late, in slices, without changing a decision.

/** Anything that is kept since a moment of log time, ms. */
export interface Since {
  readonly at: number;
}

/** What a slice keeps its values in; a Map is one. */
export interface Store<Value> {
  readonly size: number;
  get(key: string): Value | undefined;
  set(key: string, value: Value): unknown;
  entries(): Iterable<readonly [string, Value]>;
}

export interface Slice<Value> {
  readonly store: Store<Value>;
  /** Log time of its first and its latest value. */
  readonly oldest: number;
  newest: number;
}

/**
 * Layers as in `table.ts`. Each span (seconds) has slices of its own, oldest first, so that all values of a slice run
 * out at about the same time and a slice is freed whole: no queue, no walk over single values.
 */
export interface Timed<Value extends Since> {
  readonly below: Timed<Value> | null;
  readonly spans: Map<number, Slice<Value>[]>;
  readonly createStore: () => Store<Value>;
}

/** A slice covers a quarter of its span: at most a quarter more is kept than is needed, and five slices are searched. */
const slicesPerSpan = 4;
/** Values in one slice; bounds how long the growth of its store can take. */
const sliceSizeMax = 1_048_576;

/** `createStore` makes the stores of this layer; forks use plain maps. */
export function createTimed<Value extends Since>(createStore: () => Store<Value> = () => new Map()): Timed<Value> {
  return { below: null, spans: new Map(), createStore };
}

export function forkTimed<Value extends Since>(below: Timed<Value>): Timed<Value> {
  return { below, spans: new Map(), createStore: () => new Map() };
}

/**
 * Keeps a value for `spanS` seconds from its `at`. Values come in order of log time. A fork keeps an earlier value under
 * the same key as well, so that settling it repeats every step and leads to exactly what keeping them here would.
 */
export function keep<Value extends Since>(timed: Timed<Value>, spanS: number, key: string, value: Value): void {
  let slices = timed.spans.get(spanS);
  if (slices === undefined) {
    slices = [];
    timed.spans.set(spanS, slices);
  }
  let slice = slices.at(-1);
  if (
    slice === undefined ||
    value.at >= slice.oldest + (spanS * 1000) / slicesPerSpan ||
    slice.store.size >= sliceSizeMax ||
    (timed.below !== null && slice.store.get(key) !== undefined)
  ) {
    slice = { store: timed.createStore(), oldest: value.at, newest: value.at };
    slices.push(slice);
  }
  slice.store.set(key, value);
  slice.newest = Math.max(slice.newest, value.at);
}

/**
 * What is kept under a key at log time `now` (ms), the latest first: up to, not including, the end of its span.
 * `matches` may turn a value down; then an earlier one is tried.
 */
export function find<Value extends Since>(
  timed: Timed<Value>,
  key: string,
  now: number,
  matches: (value: Value) => boolean = () => true,
): Value | undefined {
  for (let layer: Timed<Value> | null = timed; layer !== null; layer = layer.below) {
    let latest: Value | undefined;
    for (const [spanS, slices] of layer.spans) {
      const value = findIn(slices, key, (each) => now < each.at + spanS * 1000 && matches(each));
      // The order of the spans is an accident: it depends on when memory was freed.
      if (value !== undefined && (latest === undefined || value.at > latest.at)) latest = value;
    }
    if (latest !== undefined) return latest;
  }
  return undefined;
}

function findIn<Value>(
  slices: readonly Slice<Value>[],
  key: string,
  matches: (value: Value) => boolean,
): Value | undefined {
  for (let index = slices.length - 1; index >= 0; index -= 1) {
    const value = slices[index]?.store.get(key);
    if (value !== undefined && matches(value)) return value;
  }
  return undefined;
}

/** Frees the slices that ran out before log time `now`. */
export function release<Value extends Since>(timed: Timed<Value>, now: number): void {
  for (const [spanS, slices] of timed.spans) {
    let oldest = slices[0];
    while (oldest !== undefined && oldest.newest + spanS * 1000 <= now) {
      slices.shift();
      oldest = slices[0];
    }
    if (oldest === undefined) timed.spans.delete(spanS);
  }
}

/** Moves what the top layer keeps into the one below it. */
export function settleTimed<Value extends Since>(timed: Timed<Value>): void {
  if (timed.below === null) throw new Error('a memory without a layer below cannot be settled');
  for (const [spanS, slices] of timed.spans) {
    for (const { store } of slices) {
      for (const [key, value] of store.entries()) keep(timed.below, spanS, key, value);
    }
  }
}

/** The slices of this layer by span, and of each span oldest first: the same for the same history. */
export function slicesOf<Value extends Since>(
  timed: Timed<Value>,
): readonly { readonly spanS: number; readonly slice: Slice<Value> }[] {
  const spans = [...timed.spans].sort(([a], [b]) => a - b);
  return spans.flatMap(([spanS, slices]) => slices.map((slice) => ({ spanS, slice })));
}

/** Puts a slice behind those of its span. */
export function addSlice<Value extends Since>(timed: Timed<Value>, spanS: number, slice: Slice<Value>): void {
  const slices = timed.spans.get(spanS);
  if (slices === undefined) timed.spans.set(spanS, [slice]);
  else slices.push(slice);
}

/** How many values this layer still holds, those included that ran out but were not freed yet. */
export function sizeOfTimed<Value extends Since>(timed: Timed<Value>): number {
  let size = 0;
  for (const slices of timed.spans.values()) for (const { store } of slices) size += store.size;
  return size;
}
