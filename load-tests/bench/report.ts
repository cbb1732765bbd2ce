// What the bench prints at the end: the table of medians, and each target as passed or missed.
import { median } from './figures.ts';
import type { Cell, Middle, Results } from './measure.ts';
import { middle } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { nameOf } from './options.ts';

export interface Check {
  readonly name: string;
  readonly wanted: string;
  readonly is: string;
  readonly ok: boolean;
}

export interface RowReport {
  readonly row: string;
  readonly ledger: Middle | undefined;
  readonly postgres: Middle | undefined;
  /** Orders of the ledger for one of Postgres, and the least and most of the rounds. */
  readonly ratio: number;
  readonly ratioLeast: number;
  readonly ratioMost: number;
  readonly p99Ratio: number;
}

/** Orders/s against Postgres at least, and p99 against Postgres at most. */
const targets: { readonly [row: string]: { readonly ratio: number; readonly p99Ratio?: number } } = {
  'hot:50': { ratio: 4, p99Ratio: 0.4 },
  'hot:200': { ratio: 8, p99Ratio: 0.4 },
  'many:50': { ratio: 0.7 },
  'many:200': { ratio: 1 },
};
/** Orders of three lines against those of one, over as many products: p50 alone at most, orders/s at least. */
const threeLines = {
  one: 'many:1',
  three: 'three:1',
  p50RatioMax: 3,
  oneAt50: 'many:50',
  threeAt50: 'three:50',
  ratioMin: 0.2,
};
const floorRatioMax = 3;
const catchUpMsMax = 5_000;

export function reportRows({ cells }: Results, { rows }: BenchOptions): readonly RowReport[] {
  return rows.map(nameOf).map((row) => {
    const ledger = middle(cells, row, 'ledger');
    const postgres = middle(cells, row, 'postgres');
    const ratios = ratiosOf(cells, row);
    return {
      row,
      ledger,
      postgres,
      ratio: (ledger?.ordersPerS ?? Number.NaN) / (postgres?.ordersPerS ?? Number.NaN),
      ratioLeast: Math.min(...ratios),
      ratioMost: Math.max(...ratios),
      p99Ratio: (ledger?.p99Ms ?? Number.NaN) / (postgres?.p99Ms ?? Number.NaN),
    };
  });
}

function ratiosOf(cells: readonly Cell[], row: string): readonly number[] {
  const own = cells.filter((cell) => cell.row === row);
  return own
    .filter(({ side }) => side === 'ledger')
    .flatMap(({ round, ordersPerS }) => {
      const other = own.find((cell) => cell.side === 'postgres' && cell.round === round);
      return other === undefined ? [] : [ordersPerS / other.ordersPerS];
    });
}

/** Every target that the rows measured say something about. */
export function checksOf(rows: readonly RowReport[], floorMs: readonly number[]): readonly Check[] {
  const each = rows.flatMap((report) => [...againstPostgres(report), ...alone(report, floorMs), ...itself(report)]);
  return [...each, ...againstOneLine(rows)];
}

function againstOneLine(rows: readonly RowReport[]): readonly Check[] {
  const of = (name: string): Middle | undefined => rows.find(({ row }) => row === name)?.ledger;
  const { p50RatioMax, ratioMin } = threeLines;
  const [one, three] = [of(threeLines.one), of(threeLines.three)];
  const [oneAt50, threeAt50] = [of(threeLines.oneAt50), of(threeLines.threeAt50)];
  const checks: Check[] = [];
  if (one !== undefined && three !== undefined) {
    const ratio = three.p50Ms / one.p50Ms;
    const name = `${threeLines.three} p50 against ${threeLines.one}`;
    checks.push(check(name, `<= ${p50RatioMax} x`, `${ratio.toFixed(2)} x`, ratio <= p50RatioMax));
  }
  if (oneAt50 !== undefined && threeAt50 !== undefined) {
    const ratio = threeAt50.ordersPerS / oneAt50.ordersPerS;
    const name = `${threeLines.threeAt50} orders/s against ${threeLines.oneAt50}`;
    checks.push(check(name, `>= ${ratioMin} x`, `${ratio.toFixed(2)} x`, ratio >= ratioMin));
  }
  return checks;
}

function againstPostgres({ row, ratio, p99Ratio, ledger, postgres }: RowReport): readonly Check[] {
  const target = targets[row];
  if (target === undefined || ledger === undefined || postgres === undefined) return [];
  const orders = check(
    `${row} orders/s against Postgres`,
    `>= ${target.ratio} x`,
    `${ratio.toFixed(2)} x`,
    ratio >= target.ratio,
  );
  if (target.p99Ratio === undefined) return [orders];
  const { p99Ratio: most } = target;
  return [orders, check(`${row} p99 against Postgres`, `<= ${most} x`, `${p99Ratio.toFixed(2)} x`, p99Ratio <= most)];
}

function alone({ row, ledger }: RowReport, floorMs: readonly number[]): readonly Check[] {
  if (!isOneLineAlone(row) || ledger === undefined || floorMs.length === 0) return [];
  const ratio = ledger.p50Ms / median(floorMs);
  return [
    check(`${row} p50 against the raw floor`, `<= ${floorRatioMax} x`, `${ratio.toFixed(2)} x`, ratio <= floorRatioMax),
  ];
}

/** An order of several lines needs several appends. */
function isOneLineAlone(row: string): boolean {
  return row === 'hot:1' || row === 'many:1';
}

function itself({ row, ledger }: RowReport): readonly Check[] {
  if (ledger === undefined) return [];
  const { catchUpMs, others } = ledger;
  const is = Number.isFinite(catchUpMs) ? `${(catchUpMs / 1_000).toFixed(1)} s` : 'too long';
  return [
    check(`${row} projections caught up`, `<= ${catchUpMsMax / 1_000} s`, is, catchUpMs <= catchUpMsMax),
    check(`${row} answers other than 201`, '0', String(others), others === 0),
  ];
}

function check(name: string, wanted: string, is: string, ok: boolean): Check {
  return { name, wanted, is, ok };
}

/** The table, one line a row. */
export function table(rows: readonly RowReport[]): string {
  const head = [
    'row',
    'ledger/s',
    'p50 ms',
    'p99 ms',
    'caught up',
    'postgres/s',
    'p50 ms',
    'p99 ms',
    'ratio',
    '(rounds)',
    'p99 ratio',
    'settled/s',
  ];
  const lines = rows.map(({ row, ledger, postgres, ratio, ratioLeast, ratioMost, p99Ratio }) => [
    row,
    ...figures(ledger),
    ledger === undefined ? '-' : `${(ledger.catchUpMs / 1_000).toFixed(1)} s`,
    ...figures(postgres),
    number(ratio, 2),
    Number.isFinite(ratioLeast) ? `${ratioLeast.toFixed(2)}..${ratioMost.toFixed(2)}` : '-',
    number(p99Ratio, 2),
    number(ledger?.settledPerS ?? Number.NaN, 0),
  ]);
  return columns([head, ...lines]);
}

function figures(side: Middle | undefined): readonly string[] {
  if (side === undefined) return ['-', '-', '-'];
  return [String(Math.round(side.ordersPerS)), number(side.p50Ms, 1), number(side.p99Ms, 1)];
}

function number(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '-';
}

/** The first column to the left, the others to the right. */
export function columns(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line.map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join('  '),
    )
    .join('\n');
}

export function checkLines(checks: readonly Check[]): string {
  return checks
    .map(
      ({ name, wanted, is, ok }) => `${ok ? 'pass' : 'MISS'}  ${name.padEnd(34)} ${is.padStart(9)}  (wanted ${wanted})`,
    )
    .join('\n');
}
