// Text that Postgres cannot hold (U+0000, halves of surrogate pairs) becomes U+FFFD, in every sink alike: a projection
// never rejects a fact.
import type { Cell, Cells } from '../projection.ts';

/** Text as a sink stores it; filters are cleaned in the same way before they are compared. */
export function cleanText(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.includes('\u0000') ? whole.replaceAll('\u0000', '\ufffd') : whole;
}

/** A row's cells as a sink stores them; the same object where nothing had to change. */
export function cleanCells(cells: Cells): Cells {
  let cleaned: { [column: string]: Cell } | null = null;
  for (const column in cells) {
    const cell = cells[column] ?? null;
    const clean = cleanCell(cell);
    if (clean !== cell) {
      cleaned ??= { ...cells };
      cleaned[column] = clean;
    }
  }
  return cleaned ?? cells;
}

function cleanCell(cell: Cell): Cell {
  if (typeof cell === 'string') return cleanText(cell);
  if (typeof cell !== 'object' || cell === null || isClean(cell)) return cell;
  return Array.isArray(cell) ? cell.map(cleanNode) : cleanObject(cell);
}

function cleanNode(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? value.map(cleanNode) : cleanObject(value);
}

function cleanObject(object: object): { readonly [name: string]: unknown } {
  return Object.fromEntries(Object.entries(object).map(([name, inner]) => [cleanText(name), cleanNode(inner)]));
}

function isClean(value: unknown): boolean {
  if (typeof value === 'string') return cleanText(value) === value;
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isClean);
  for (const [name, inner] of Object.entries(value)) if (!isClean(inner) || cleanText(name) !== name) return false;
  return true;
}
