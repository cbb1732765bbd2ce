// Rows by id, in layers: a fork sees what lies below it and keeps its own changes to itself, so that a batch can be
// decided and then kept or forgotten at the price of its changes alone.

/** `own` says null of a row that was removed in this layer but may still lie below. */
export interface Table<Row extends object> {
  readonly below: Table<Row> | null;
  readonly own: Map<string, Row | null>;
}

export function createTable<Row extends object>(below: Table<Row> | null = null): Table<Row> {
  return { below, own: new Map() };
}

/** The row as the top layer sees it. Rows are never changed in place: lower layers share them. */
export function get<Row extends object>(table: Table<Row>, id: string): Row | undefined {
  for (let layer: Table<Row> | null = table; layer !== null; layer = layer.below) {
    const row = layer.own.get(id);
    if (row !== undefined) return row ?? undefined;
  }
  return undefined;
}

/** Rows lie in the order in which they were put last, whether by way of forks or not: snapshots compare byte by byte. */
export function put<Row extends object>(table: Table<Row>, id: string, row: Row): void {
  table.own.delete(id);
  table.own.set(id, row);
}

export function remove<Row extends object>(table: Table<Row>, id: string): void {
  if (table.below === null) table.own.delete(id);
  else table.own.set(id, null);
}

/** Moves the changes of the top layer into the one below it. */
export function settleTable<Row extends object>(table: Table<Row>): void {
  if (table.below === null) throw new Error('a table without a layer below cannot be settled');
  for (const [id, row] of table.own) {
    if (row === null) remove(table.below, id);
    else put(table.below, id, row);
  }
}
