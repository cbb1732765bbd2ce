// Keeps Redis up with a generation in Postgres: what stands there is offered here, and applied to Redis in its own time.
// Postgres never waits for Redis. Where Redis lost something, or was away for long, it is built anew from Postgres.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Checkpoints, Sink } from '../projection.ts';
import type { Moves, Offer, Offers } from './offers.ts';
import { createOffers } from './offers.ts';

export interface MirrorOptions {
  /** The sink in Redis. */
  readonly sink: Sink;
  /** Checkpoints in Postgres. */
  readonly source: () => Promise<Checkpoints>;
  /** Builds Redis anew from Postgres; `busy` where another process does it. */
  readonly restore: (signal: AbortSignal) => Promise<'restored' | 'busy'>;
  /** Changes that may wait for Redis; beyond them they are forgotten, and Redis is built anew. */
  readonly changesMax: number;
  readonly events: MirrorEvents;
}

export interface MirrorEvents {
  /** Something went wrong and is tried again. */
  trouble(error: unknown): void;
  /** Redis was built anew. */
  restored(ms: number): void;
}

export interface Mirror {
  /** A sink that offers to Redis what the one given has applied. */
  around(sink: Sink): Sink;
  /** Ends it, after one try to apply what waits; what is not applied is found missing by whoever comes next. */
  stop(): Promise<void>;
}

/** Time between two comparisons of the checkpoints here and there. */
const lookEveryMs = 1_000;
/** Offers that come within this time share a script. */
const restMs = 20;
const backoffMsMin = 100;
const backoffMsMax = 2_000;

/** Starts a mirror. */
export function startMirror(options: MirrorOptions): Mirror {
  const ended = new AbortController();
  const offers = createOffers(options.changesMax);
  const running = run(options, offers, ended.signal);
  return {
    around: (own) => ({
      checkpoints: () => own.checkpoints(),
      apply: async (changes, moves) => {
        const outcome = await own.apply(changes, moves);
        if (outcome === 'applied') offers.put(changes, moves);
        return outcome;
      },
    }),
    stop: async () => {
      ended.abort();
      await running;
      await finish(options, offers);
    },
  };
}

async function run(options: MirrorOptions, offers: Offers, signal: AbortSignal): Promise<void> {
  const { sink, restore, events } = options;
  const look = createLook(options);
  let lookedAt = -Infinity;

  async function rebuild(): Promise<void> {
    const started = performance.now();
    if ((await restore(signal)) === 'restored') events.restored(performance.now() - started);
  }

  async function turn(): Promise<void> {
    const batch = offers.first();
    if (batch.length > 0) {
      const outcome = await applyBatch(sink, batch);
      if (outcome === 'gap') return rebuild();
      if (outcome === 'waits') return;
      offers.done(batch);
    }
    if (performance.now() - lookedAt < lookEveryMs) return;
    lookedAt = performance.now();
    if (await look(offers)) await rebuild();
  }

  for (let failures = 0; !signal.aborted;) {
    try {
      await turn();
      failures = 0;
    } catch (error) {
      if (!signal.aborted) events.trouble(error);
      failures += 1;
    }
    await rest(failures === 0 ? restMs : Math.min(backoffMsMin * 2 ** failures, backoffMsMax), signal);
  }
}

async function finish({ sink, events }: MirrorOptions, offers: Offers): Promise<void> {
  try {
    for (let batch = offers.first(); batch.length > 0; batch = offers.first()) {
      if ((await applyBatch(sink, batch)) !== 'done') return;
      offers.done(batch);
    }
  } catch (error) {
    events.trouble(error);
  }
}

/** Finds what no offer would tell: that Redis lost everything, that an offer was lost, or that Postgres went back. */
function createLook({ sink, source }: MirrorOptions): (offers: Offers) => Promise<boolean> {
  let behindAt: string | null = null;
  return async (offers) => {
    const here = await sink.checkpoints();
    const isIdle = offers.first().length === 0;
    const there = await source();
    const isAhead = [...here].some(([partition, next]) => next > (there.get(partition) ?? 0));
    const isBehind = [...there].some(([partition, next]) => next > (here.get(partition) ?? 0));
    // What is on its way is behind too, but not twice at the same place.
    const now = isBehind && isIdle ? JSON.stringify([...here].sort(([a], [b]) => a - b)) : null;
    const isStuck = now !== null && now === behindAt;
    behindAt = isStuck ? null : now;
    return isAhead || isStuck;
  };
}

/** `gap`: something that came before is missing. `waits`: somebody builds Redis anew just now. */
async function applyBatch(sink: Sink, batch: readonly Offer[]): Promise<'done' | 'gap' | 'waits'> {
  if ((await applyOffers(sink, batch)) === 'applied') return 'done';
  const here = await sink.checkpoints();
  // An offer came from one transaction: what Redis was built from had all of it, or nothing.
  const left = batch.filter(({ parts }) => parts.some(({ partition, next }) => next > (here.get(partition) ?? 0)));
  if (left.length === 0) return 'done';
  const fits = [...movesOf(left)].every(([partition, { expected }]) => expected === (here.get(partition) ?? 0));
  if (!fits || here.size === 0) return 'gap';
  if (left.length === batch.length) return 'waits';
  return (await applyOffers(sink, left)) === 'applied' ? 'done' : 'waits';
}

function applyOffers(sink: Sink, offers: readonly Offer[]): Promise<'applied' | 'stale'> {
  return sink.apply(
    offers.flatMap(({ changes }) => changes),
    movesOf(offers),
  );
}

function movesOf(offers: readonly Offer[]): Moves {
  const moves = new Map<number, { expected: number; next: number }>();
  for (const { partition, expected, next } of offers.flatMap(({ parts }) => parts)) {
    moves.set(partition, { expected: moves.get(partition)?.expected ?? expected, next });
  }
  return moves;
}

/** Ends early when the signal aborts. */
async function rest(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
