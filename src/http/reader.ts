// HTTP room: rows of the views, with read-your-writes: a read waits until the view shows what this instance told
// anybody, within a budget; before it says that something does not exist, it asks the broker how far the journal goes.
import type {
  Figures,
  Listed,
  OrderEventView,
  OrderView,
  Paging,
  ProductView,
  Seen,
  Views,
} from '../../projections/views.ts';
import { CursorError, NotReadyError } from '../../projections/views.ts';
import type { LedgerClient } from '../log/client-port.ts';
import type { Positions, ProjectionName, SeenPositions, ViewWaits } from './positions.ts';
import { Problem } from './problems.ts';
import { within } from './timer.ts';

export interface ReadOptions {
  /** Next offset of the row's partition that the caller wants to be applied, besides what this instance has seen. */
  readonly atLeast: number;
  /** The same of other partitions, where the row has something of theirs. */
  readonly elsewhere?: Positions;
  /** Longest wait, ms; 0: not at all. */
  readonly waitMs: number;
}

/** A row; `stale` where it may not show everything yet. */
export interface Found<T> {
  readonly row: T | null;
  readonly stale: boolean;
}

export interface Reader {
  /** row null: it does not exist. @throws Problem `projection_behind`, `dependency_down` */
  order(orderId: string, partition: number, options: ReadOptions): Promise<Found<OrderView>>;
  /** row null: it does not exist. @throws Problem `projection_behind`, `dependency_down` */
  product(productId: string, partition: number, options: ReadOptions): Promise<Found<ProductView>>;
  /** Events of an order, one page; row null: there is no such order. @throws Problem `cursor_invalid` and those of `order` */
  orderEvents(
    orderId: string,
    partition: number,
    paging: Paging,
    options: ReadOptions,
  ): Promise<Found<Listed<OrderEventView>>>;
  /** Runs a list query. @throws Problem `cursor_invalid`, `dependency_down` */
  list<T>(query: (views: Views) => Promise<T>): Promise<T>;
  /** Asks for sums or ranks. @throws Problem `cursor_invalid`, `projection_behind`, `dependency_down` */
  figures<T>(query: (figures: Figures) => Promise<T>): Promise<T>;
}

export interface ReaderOptions {
  readonly client: Pick<LedgerClient, 'ready' | 'journalEnds'>;
  readonly views: Views;
  readonly figures: Figures;
  readonly waits: ViewWaits;
  readonly seen: SeenPositions;
  /** monotonic, ms */
  readonly now: () => number;
}

export function createReader({ client, views, figures, waits, seen, now }: ReaderOptions): Reader {
  const ends = shared(() => client.journalEnds());

  async function read<T>(
    projection: ProjectionName,
    load: () => Promise<Seen<T>>,
    partition: number,
    options: ReadOptions,
  ): Promise<Found<T>> {
    const deadline = now() + options.waitMs;
    const wanted = Math.max(seen.next(partition), options.atLeast);

    async function caughtUp(found: Seen<T>, next: number): Promise<Seen<T>> {
      const left = deadline - now();
      // While Kafka is away nothing reaches the view, so there is nothing to wait for.
      if (found.next >= next || left <= 0 || !client.ready()) return found;
      await waits.reached(projection, partition, next, left);
      return load();
    }

    const found = await caughtUp(await load(), wanted);
    if (found.row !== null) return { row: found.row, stale: found.next < wanted || !client.ready() };
    if (found.next < wanted) throw new Problem('projection_behind');
    if (!client.ready()) throw cannotTell();
    const end = await within(endOf(ends, partition), Math.max(deadline - now(), endMsMin));
    if (end === 'passed') throw new Problem('projection_behind');
    const last = await caughtUp(found, end);
    if (last.row === null && last.next < end) throw new Problem('projection_behind');
    return { row: last.row, stale: false };
  }

  /** Whether the view shows what the caller wants of other partitions; waits for it like for the row's own. */
  async function shows(projection: ProjectionName, { elsewhere = new Map(), waitMs }: ReadOptions): Promise<boolean> {
    if (elsewhere.size === 0) return true;
    const applied = await views.progress(projection);
    const behind = [...elsewhere].filter(([partition, next]) => (applied.get(partition) ?? 0) < next);
    if (behind.length === 0) return true;
    if (waitMs <= 0 || !client.ready()) return false;
    const waiting = behind.map(([partition, next]) => waits.reached(projection, partition, next, waitMs));
    return (await Promise.all(waiting)).every((reached) => reached);
  }

  return {
    order: (id, partition, options) =>
      guarded(() => read('order-state', () => views.order(id, partition), partition, options)),
    product: (id, partition, options) =>
      guarded(() => read('stock', () => views.product(id, partition), partition, options)),
    orderEvents: (id, partition, paging, options) =>
      guarded(async () => {
        const started = now();
        const isWhole = await shows('order-history', options);
        const left = { ...options, waitMs: Math.max(0, options.waitMs - (now() - started)) };
        const found = await read('order-history', () => views.orderEvents(id, partition, paging), partition, left);
        return { ...found, stale: found.stale || !isWhole };
      }),
    list: (query) => guarded(() => query(views)),
    figures: (query) => guarded(() => query(figures)),
  };
}

/** The broker gets this long to say where the journal ends even if the caller does not want to wait for the view, ms. */
const endMsMin = 500;

async function endOf(ends: () => ReturnType<LedgerClient['journalEnds']>, partition: number): Promise<number> {
  try {
    return (await ends()).get(partition)?.high ?? 0;
  } catch (cause) {
    throw cannotTell(cause);
  }
}

function cannotTell(cause?: unknown): Problem {
  return new Problem('dependency_down', { detail: 'Whether this exists cannot be told at the moment.', cause });
}

/**
 * Lets many callers share one question: one is under way at most, and whoever comes meanwhile waits for the next one,
 * because an answer may only count for those who asked before it was given.
 */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null;
  let following: Promise<T> | null = null;
  const start = (): Promise<T> => {
    running = ask().finally(() => {
      running = null;
    });
    return running;
  };
  return () => {
    if (running === null) return start();
    const next = (): Promise<T> => {
      following = null;
      return start();
    };
    following ??= running.then(next, next);
    return following;
  };
}

/** Runs a question to Postgres. @throws Problem, `dependency_down` where it is away */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    if (cause instanceof CursorError) throw new Problem('cursor_invalid', { cause });
    if (cause instanceof NotReadyError) throw new Problem('projection_behind', { cause });
    throw new Problem(isOutage(cause) ? 'dependency_down' : 'internal_error', { cause });
  }
}

/**
 * Whether an error of a driver says that its server is away: either it has no SQLSTATE (which no code of the operating
 * system, as EPIPE, must be taken for), or one of the classes 08 (connection), 53 (resources), 57 (shutdown, time-out)
 * and 58 (system).
 */
function isOutage(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) return false;
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return !/^[0-9FHPX][0-9A-Z]{4}$/.test(code) || /^(08|53|57|58)/.test(code);
}
