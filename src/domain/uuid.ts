// UUIDs as four 32-bit words: what the compact memory keeps of them. Only the canonical form (lower case) is one.

/** Writes the words of a UUID into `words` from place `from`; false, with `words` left in any state, when it is none. */
export function parseUuid(text: string, words: Uint32Array, from: number): boolean {
  if (text.length !== 36) return false;
  // Every digit is or-ed into it: a single -1 makes it negative for good.
  let faults = 0;
  for (let word = 0; word < 4; word += 1) {
    let value = 0;
    for (let digit = 0; digit < 8; digit += 1) {
      const code = text.charCodeAt(placeOfDigit[word * 8 + digit] ?? 0);
      const nibble = code < 128 ? (digits[code] ?? -1) : -1;
      faults |= nibble;
      value = (value << 4) | nibble;
    }
    words[from + word] = value;
  }
  return faults >= 0 && text[8] === '-' && text[13] === '-' && text[18] === '-' && text[23] === '-';
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
/** Value of a hexadecimal digit by its character code, -1 for any other. */
const digits = Int8Array.from({ length: 128 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code)));
/** Where the 32 digits stand among the 36 characters. */
const placeOfDigit = Uint8Array.from(
  { length: 32 },
  (_, n) => n + (n >= 8 ? 1 : 0) + (n >= 12 ? 1 : 0) + (n >= 16 ? 1 : 0) + (n >= 20 ? 1 : 0),
);
