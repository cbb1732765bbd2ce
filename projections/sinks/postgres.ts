// A sink in Postgres: rows and checkpoint of one generation change in one transaction, or not at all.
import type { Pool, QueryConfig } from 'pg';
import type { Change, Projection, Sink } from '../projection.ts';
import { inTransaction } from '../transaction.ts';
import { mergeChanges } from './merge.ts';
import { statementsOf } from './statements.ts';

export interface PostgresSinkOptions {
  readonly schema: string;
  readonly projection: Projection;
  readonly generation: number;
  /** Milliseconds for one statement of a batch; more than a read gets, because a batch may be large. */
  readonly statementMsMax?: number;
}

type Moves = ReadonlyMap<number, { readonly expected: number; readonly next: number }>;

/** The driver's wait for one reply, ms; its types do not know that a query may have its own. */
type TimedQuery = QueryConfig & { readonly query_timeout: number };

const statementMsMaxDefault = 60_000;
/** The server gives up first, so that its reason is what callers see. */
const replySlackMs = 1_000;

/**
 * Makes a sink over tables that are there. Every method may reject with the driver's error; after one of `apply`, which
 * may have lost only the reply, `checkpoints` tells whether it happened.
 */
export function createPostgresSink(pool: Pool, options: PostgresSinkOptions): Sink {
  const { schema, projection, generation, statementMsMax = statementMsMaxDefault } = options;

  async function checkpoints(): Promise<ReadonlyMap<number, number>> {
    const { rows } = await pool.query<{ partition: number; next_offset: number }>(
      'SELECT partition, next_offset FROM ledger.checkpoints WHERE projection = $1 AND generation = $2',
      [projection.name, generation],
    );
    return new Map(rows.map(({ partition, next_offset }) => [partition, next_offset]));
  }

  async function apply(changes: readonly Change[], moves: Moves): Promise<'applied' | 'stale'> {
    const statements = statementsOf(schema, mergeChanges(projection.tables, changes));
    // Rows and checkpoint are lost together in a crash of the server, so that waiting for its disk would buy nothing.
    const settings = { statement_timeout: statementMsMax, synchronous_commit: 'off' } as const;
    return inTransaction(pool, settings, async (client) => {
      // Checkpoints first: they keep a second sink of the same generation away from the rows.
      const run: Run = async (query) => {
        const timed: TimedQuery = { ...query, values: [...query.values], query_timeout: statementMsMax + replySlackMs };
        return (await client.query(timed)).rowCount ?? 0;
      };
      if (!(await moveCheckpoints(run, [projection.name, generation], moves))) return 'stale';
      for (const statement of statements) await run(statement);
      return 'applied';
    });
  }

  return { checkpoints, apply };
}

/** Runs a statement that each connection prepares once; answers how many rows it concerned. */
type Run = (query: {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}) => Promise<number>;
type Owner = readonly [projection: string, generation: number];

/** Compares and sets; answers whether every checkpoint was the one expected. */
async function moveCheckpoints(run: Run, owner: Owner, moves: Moves): Promise<boolean> {
  // Always in the order of partitions, so that two sinks wait for each other and never in a ring.
  const sorted = [...moves].sort(([a], [b]) => a - b);
  const partitions = sorted.map(([partition]) => partition);
  const fresh = sorted.filter(([, { expected }]) => expected === 0).map(([partition]) => partition);
  if (fresh.length > 0) {
    await run({
      name: 'sink_fresh',
      text: `INSERT INTO ledger.checkpoints (projection, generation, partition, next_offset)
        SELECT $1, $2, p, 0 FROM unnest($3::integer[]) AS u (p) ORDER BY p ON CONFLICT DO NOTHING`,
      values: [...owner, fresh],
    });
  }
  await run({
    name: 'sink_lock',
    text: `SELECT 1 FROM ledger.checkpoints WHERE projection = $1 AND generation = $2 AND partition = ANY ($3::integer[])
      ORDER BY partition FOR UPDATE`,
    values: [...owner, partitions],
  });
  const moved = await run({
    name: 'sink_move',
    text: `UPDATE ledger.checkpoints AS c SET next_offset = m.next
      FROM unnest($3::integer[], $4::bigint[], $5::bigint[]) AS m (partition, expected, next)
      WHERE c.projection = $1 AND c.generation = $2 AND c.partition = m.partition AND c.next_offset = m.expected`,
    values: [...owner, partitions, sorted.map(([, m]) => m.expected), sorted.map(([, m]) => m.next)],
  });
  return moved === moves.size;
}
