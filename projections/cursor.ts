// Cursors of lists: opaque text that holds the key of the last row and says which list it belongs to, so that it opens
// no other list and no other filter.
import { createHash } from 'node:crypto';
import { CursorError } from './views.ts';

type KeyPart = string | number;

/** The checks of a key, part by part; what passes them is safe to hand to Postgres. */
export type KeyShape = readonly ((part: unknown) => boolean)[];

const cursorCharsMax = 512;
const timeMsMax = 8_640_000_000_000_000;

export function isTime(part: unknown): boolean {
  return typeof part === 'number' && Number.isSafeInteger(part) && part >= 0 && part <= timeMsMax;
}

export function isOffset(part: unknown): boolean {
  return typeof part === 'number' && Number.isSafeInteger(part) && part >= 0;
}

export function isPartition(part: unknown): boolean {
  return typeof part === 'number' && Number.isInteger(part) && part >= 0 && part < 2 ** 31;
}

export function isId(part: unknown): boolean {
  return typeof part === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(part);
}

export function isUuid(part: unknown): boolean {
  return typeof part === 'string' && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(part);
}

/** Writes a cursor. `list` names the list with its filter. */
export function writeCursor(list: string, key: readonly KeyPart[]): string {
  return Buffer.from(JSON.stringify([markOf(list), ...key])).toString('base64url');
}

/** Reads a cursor back. @throws CursorError for text that `writeCursor` did not write for this list */
export function readCursor(list: string, shape: KeyShape, text: string): readonly KeyPart[] {
  const [mark, ...key] = parse(text);
  if (mark !== markOf(list)) throw new CursorError('the cursor belongs to another list');
  const parts = key.filter((part) => typeof part === 'string' || typeof part === 'number');
  if (parts.length !== key.length || parts.length !== shape.length || !shape.every((isPart, i) => isPart(parts[i]))) {
    throw new CursorError('the cursor is not one of ours');
  }
  return parts;
}

function parse(text: string): readonly unknown[] {
  if (text.length > cursorCharsMax) throw new CursorError('the cursor is too long');
  const bytes = Buffer.from(text, 'base64url');
  // Node reads past characters that are no base64url; writing it again shows them.
  if (bytes.toString('base64url') !== text) throw new CursorError('the cursor is not base64url');
  try {
    const parsed: unknown = JSON.parse(bytes.toString());
    if (Array.isArray(parsed)) return parsed;
  } catch (error) {
    throw new CursorError('the cursor is not one of ours', { cause: error });
  }
  throw new CursorError('the cursor is not one of ours');
}

function markOf(list: string): string {
  return createHash('sha256').update(list).digest('base64url').slice(0, 12);
}
