// CLI room: rows for the eye or for other programs: a table, CSV that no spreadsheet takes for formulas, or NDJSON.
import { stringify } from 'csv-stringify/sync';
import type { Cell, Cells, Table } from '../../../projections/projection.ts';
import { table } from '../table.ts';

export const rowFormats = ['table', 'csv', 'ndjson'] as const;
export type RowFormat = (typeof rowFormats)[number];

/** Text of all rows of a table; `named`: whether each line says of which table it is. */
export function renderRows(format: RowFormat, of: Table, rows: readonly Cells[], named: boolean): string {
  const columns = Object.keys(of.columns);
  switch (format) {
    case 'ndjson':
      return rows
        .map((row) => `${JSON.stringify({ ...(named ? { table: of.name } : {}), ...asJson(of, row) })}\n`)
        .join('');
    case 'csv':
      return csvLines([
        columns,
        ...rows.map((row) => columns.map((column) => csvCell(shown(of, column, row[column] ?? null)))),
      ]);
    case 'table': {
      const cells = rows.map((row) => columns.map((column) => text(shown(of, column, row[column] ?? null))));
      const title = named ? [`${of.name} (${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`] : [];
      return `${[...title, ...table([columns.map((name) => name.toUpperCase()), ...cells])].join('\n')}\n`;
    }
  }
}

/** Lines of CSV as RFC 4180 has them, cells quoted where they must be. */
export function csvLines(rows: readonly (readonly (string | number | boolean | null)[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    { record_delimiter: '\n', cast: { boolean: (value) => String(value) } },
  );
}

/** Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay numbers. */
export function csvCell(cell: Cell): string | number | boolean | null {
  const plain = typeof cell === 'object' && cell !== null ? JSON.stringify(cell) : cell;
  return typeof plain === 'string' && /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain;
}

function asJson(of: Table, row: Cells): object {
  return Object.fromEntries(Object.keys(of.columns).map((column) => [column, shown(of, column, row[column] ?? null)]));
}

function shown(of: Table, column: string, cell: Cell): Cell {
  if (of.columns[column]?.type === 'timestamptz' && typeof cell === 'number') return new Date(cell).toISOString();
  return cell;
}

function text(cell: Cell): string {
  if (cell === null) return '';
  const plain = typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
  return plain.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
}
