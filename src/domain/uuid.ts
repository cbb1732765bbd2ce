// UUIDs as four 32-bit words: what the compact memory keeps of them. Only the canonical form (lower case) is one.

/** Writes the words of a UUID into `words` from place `from`; false, and nothing said about `words`, when it is none. */
export function parseUuid(text: string, words: Uint32Array, from: number): boolean {
  if (text.length !== 36) return false;
  let word = 0;
  let digits = 0;
  for (let place = 0; place < 36; place += 1) {
    const code = text.charCodeAt(place);
    if (place === 8 || place === 13 || place === 18 || place === 23) {
      if (code !== dash) return false;
      continue;
    }
    const digit = digitOf(code);
    if (digit < 0) return false;
    word = (word << 4) | digit;
    digits += 1;
    if (digits % 8 === 0) words[from + digits / 8 - 1] = word;
  }
  return true;
}

/** The UUID that `parseUuid` wrote. */
export function formatUuid(words: Uint32Array, from: number): string {
  let hex = '';
  for (let word = from; word < from + 4; word += 1) hex += (words[word] ?? 0).toString(16).padStart(8, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Whether a text is a UUID in canonical form. */
export function isUuid(text: string): boolean {
  return parseUuid(text, scratch, 0);
}

const scratch = new Uint32Array(4);
const dash = 45;

function digitOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  return -1;
}
