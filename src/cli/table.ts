// CLI room: rows of text as columns, for people.

/** Lines whose cells stand below each other; the last cell of a row is as long as it likes. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.slice(0, -1).forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  }
  return rows.map((row) => {
    const last = row.length - 1;
    return row
      .map((cell, at) => (at === last ? cell : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  });
}
