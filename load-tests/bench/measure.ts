// The order of the measurements: both sides of a row one after the other, each round with the other one first; between
// them the projections catch up, so that no work of one row is left for the next.
import type { Baseline } from './postgres-side.ts';
import type { BenchOptions, Row, RowKind, Side } from './options.ts';
import { nameOf, orderKinds, rowKinds } from './options.ts';
import type { Floor } from './floor.ts';
import { median } from './figures.ts';
import type { LedgerSide } from './ledger-side.ts';
import type { PostgresSide } from './postgres-side.ts';
import type { Whole } from './whole.ts';
import { measureWhole, pendingOf } from './whole.ts';
import type { Measured, Target } from './wrk.ts';
import { order } from './wrk.ts';

/** One side of one row in one round. */
export interface Cell extends Measured {
  readonly row: string;
  readonly side: Side;
  readonly round: number;
  /** Until no projection was behind, ms; null: not within the time that was given. Of the ledger only. */
  readonly catchUpMs?: number | null;
  /** Of whole lives only. */
  readonly whole?: Whole;
}

export interface Parts {
  readonly options: BenchOptions;
  readonly signal: AbortSignal;
  readonly ledger: LedgerSide | undefined;
  /** One service for each kind of product, with the pool that suits it. */
  readonly baselines: ReadonlyMap<RowKind, Baseline>;
  readonly floor: Floor | undefined;
  readonly note: (line: string) => void;
}

export interface Results {
  readonly cells: readonly Cell[];
  /** Middle time of one append and its way back, ms, one for each round. */
  readonly floorMs: readonly number[];
}

const catchUpMsMax = 180_000;
const drainMsMax = 300_000;
const paymentDelaySeconds = 4;
const floorRecords = 1_000;
const calibration = { connections: 50, seconds: 3, warmUpSeconds: 1 } as const;

export async function measureAll(parts: Parts): Promise<Results> {
  const { options, floor, note } = parts;
  const cells: Cell[] = [];
  const floorMs: number[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    if (floor !== undefined) {
      const ms = await floor.measure(floorRecords);
      floorMs.push(ms);
      note(`round ${round}  raw floor: one append and read back, p50 ${ms.toFixed(2)} ms`);
    }
    const sides = round % 2 === 1 ? options.sides : options.sides.toReversed();
    for (const row of options.rows) {
      for (const side of sides.filter((one) => orderKinds[row.kind].sides.includes(one)))
        cells.push(await measure(parts, row, side, round));
    }
  }
  return { cells, floorMs };
}

async function measure(parts: Parts, row: Row, side: Side, round: number): Promise<Cell> {
  const { options, signal, ledger, baselines, note } = parts;
  signal.throwIfAborted();
  const target = side === 'ledger' ? ledger?.target : baselines.get(row.kind)?.target;
  if (target === undefined) throw new Error(`there is no ${side} to measure`);
  const measured = await (row.kind === 'whole' ? wholeLives(target, row, options) : answers(target, row, options));
  const behind = side === 'ledger' ? { catchUpMs: (await ledger?.catchUp(catchUpMsMax)) ?? null } : {};
  const cell = { ...measured, ...behind, row: nameOf(row), side, round };
  note(`round ${round}  ${line(cell)}`);
  return cell;
}

async function answers(target: Target, { kind, connections }: Row, options: BenchOptions): Promise<Measured> {
  await order(target, kind, connections, options.warmUpSeconds);
  return order(target, kind, connections, options.seconds);
}

/** Warmed up for so long that payments have begun. */
async function wholeLives(
  target: Target,
  { kind, connections }: Row,
  { warmUpSeconds, wholeSeconds }: BenchOptions,
): Promise<Measured & { readonly whole: Whole }> {
  const pendingAtRest = await pendingOf(target);
  await order(target, kind, connections, warmUpSeconds + paymentDelaySeconds);
  const load = (): Promise<Measured> => order(target, kind, connections, wholeSeconds);
  const { loaded, settledPerS, drainMs } = await measureWhole(target, pendingAtRest, drainMsMax, load);
  return { ...loaded, whole: { settledPerS, drainMs } };
}

function line({ row, side, ordersPerS, p50Ms, p99Ms, catchUpMs, others, whole }: Cell): string {
  const figures = `${Math.round(ordersPerS)} orders/s, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`;
  const behind =
    catchUpMs === undefined ? '' : `, caught up after ${catchUpMs === null ? 'too long' : seconds(catchUpMs)}`;
  const rest = Object.entries(others).map(([status, count]) => `, ${count} x ${status}`);
  return `${row.padEnd(9)} ${side.padEnd(9)} ${figures}${behind}${rest.join('')}${lives(whole)}`;
}

function lives(whole: Whole | undefined): string {
  if (whole === undefined) return '';
  const drained = whole.drainMs === null ? 'too long' : seconds(whole.drainMs);
  return `, ${Math.round(whole.settledPerS)} paid or failed a second, the last after ${drained}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** Finds the pool with which the baseline does most orders, for each kind of product; none without Postgres. */
export async function chooseBaselines(
  postgres: PostgresSide | undefined,
  { pools, rows }: BenchOptions,
  note: (line: string) => void,
): Promise<{ readonly baselines: ReadonlyMap<RowKind, Baseline>; readonly chosen: { [kind: string]: number } }> {
  const baselines = new Map<RowKind, Baseline>();
  const chosen: { [kind: string]: number } = {};
  if (postgres === undefined) return { baselines, chosen };
  for (const kind of rowKinds.filter(
    (one) => orderKinds[one].sides.includes('postgres') && rows.some((row) => row.kind === one),
  )) {
    const tried: { readonly pool: number; readonly ordersPerS: number }[] = [];
    for (const pool of pools.length > 1 ? pools : [])
      tried.push({ pool, ordersPerS: await tryPool(postgres, pool, kind) });
    const best = tried.reduce((a, b) => (b.ordersPerS > a.ordersPerS ? b : a), { pool: pools[0] ?? 1, ordersPerS: 0 });
    const all = tried.map(({ pool, ordersPerS }) => `${pool}: ${Math.round(ordersPerS)}/s`).join(', ');
    note(`postgres, ${kind}: a pool of ${best.pool}${all === '' ? '' : ` (${all})`}`);
    chosen[kind] = best.pool;
    baselines.set(kind, await postgres.start(best.pool));
  }
  return { baselines, chosen };
}

async function tryPool(postgres: PostgresSide, pool: number, kind: RowKind): Promise<number> {
  const baseline = await postgres.start(pool);
  try {
    const { connections, seconds: long, warmUpSeconds } = calibration;
    const ask = async (target: Target, forS: number): Promise<Measured> => order(target, kind, connections, forS);
    await ask(baseline.target, warmUpSeconds);
    return (await ask(baseline.target, long)).ordersPerS;
  } finally {
    await baseline.close();
  }
}

/** Medians over the rounds of one side of one row. */
export function middle(cells: readonly Cell[], row: string, side: Side): Middle | undefined {
  const own = cells.filter((cell) => cell.row === row && cell.side === side);
  if (own.length === 0) return undefined;
  const of = (figure: (cell: Cell) => number): number => median(own.map(figure));
  return {
    ordersPerS: of((cell) => cell.ordersPerS),
    p50Ms: of((cell) => cell.p50Ms),
    p99Ms: of((cell) => cell.p99Ms),
    // The longest, because each row has to be caught up with.
    catchUpMs: Math.max(...own.map(({ catchUpMs = 0 }) => catchUpMs ?? Number.POSITIVE_INFINITY)),
    settledPerS: of((cell) => cell.whole?.settledPerS ?? Number.NaN),
    others: own.reduce((sum, { others }) => sum + Object.values(others).reduce((a, b) => a + b, 0), 0),
  };
}

export interface Middle {
  readonly ordersPerS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly catchUpMs: number;
  /** NaN where that was not measured. */
  readonly settledPerS: number;
  readonly others: number;
}
