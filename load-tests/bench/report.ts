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
  return rows.flatMap((report) => [...againstPostgres(report), ...alone(report, floorMs), ...itself(report)]);
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
  if (!row.endsWith(':1') || ledger === undefined || floorMs.length === 0) return [];
  const ratio = ledger.p50Ms / median(floorMs);
  return [
    check(`${row} p50 against the raw floor`, `<= ${floorRatioMax} x`, `${ratio.toFixed(2)} x`, ratio <= floorRatioMax),
  ];
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
  ];
  const lines = rows.map(({ row, ledger, postgres, ratio, ratioLeast, ratioMost, p99Ratio }) => [
    row,
    ...figures(ledger),
    ledger === undefined ? '-' : `${(ledger.catchUpMs / 1_000).toFixed(1)} s`,
    ...figures(postgres),
    number(ratio, 2),
    Number.isFinite(ratioLeast) ? `${ratioLeast.toFixed(2)}..${ratioMost.toFixed(2)}` : '-',
    number(p99Ratio, 2),
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
