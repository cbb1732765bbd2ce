// Keeps the table of dead letters up with their topic. Rows and place change in one transaction, so that a crash or a
// second process changes nothing.
import type { Pool, PoolClient } from 'pg';
import type { DeadLetter } from '../../schemas/dead-letters.ts';
import { decodeLetter, letterAfter, letterHeader } from '../../schemas/dead-letters.ts';
import { deadLettersProgress } from '../../projections/dead-letters/queries.ts';
import { inTransaction } from '../../projections/transaction.ts';
import type { Log, LogRecord, Pace } from '../../src/log/port.ts';
import { createBell } from '../projector/loop.ts';
import { derivedUuid } from '../payments/identities.ts';

export interface LetterTableOptions {
  readonly log: Log;
  readonly topic: string;
  readonly group: string;
  readonly pool: Pool;
  readonly pace: Pace;
  readonly trouble: (error: unknown) => void;
}

const batchMax = 500;
const againMs = 500;
const idleMs = 1_000;

export interface LetterTable {
  /** Offset of the next letter to apply; null where another process does. */
  next(): number | null;
  stop(): Promise<void>;
}

/** Joins and follows; outages of Postgres are waited out. @throws LogError */
export async function keepLetterTable(options: LetterTableOptions): Promise<LetterTable> {
  const { log, topic, group, pool, pace, trouble } = options;
  const stopping = new AbortController();
  const bell = createBell(pace);
  let queue: LogRecord[] = [];
  let next = 0;
  let isOurs = false;

  const follower = await log.follow({
    topic,
    group,
    assignment: 'shared',
    start: async () => {
      queue = [];
      next = await deadLettersProgress(pool);
      isOurs = true;
      return next;
    },
    deliver: (_partition, records) => {
      queue.push(...records);
      bell.ring();
    },
    lost: () => {
      isOurs = false;
      queue = [];
    },
    trouble,
  });

  async function applyFirst(): Promise<void> {
    const batch = queue.slice(0, batchMax);
    const [first] = batch;
    if (first === undefined) return bell.wait(idleMs);
    const until = first.offset + batch.length;
    const outcome = await inTransaction(pool, {}, (client) => apply(client, next, until, batch));
    if (stopping.signal.aborted) return;
    // Another process has gone further: begin again where the table stands.
    if (outcome === 'stale') return follower.restart(0);
    if (queue[0] === first) queue = queue.slice(batch.length);
    next = until;
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await applyFirst();
      } catch (error) {
        trouble(error);
        await pace.sleep(againMs, stopping.signal);
      }
    }
  }

  const running = run();
  return {
    next: () => (isOurs ? next : null),
    stop: async () => {
      stopping.abort();
      bell.ring();
      await running;
      await follower.stop();
    },
  };
}

async function apply(
  client: PoolClient,
  from: number,
  until: number,
  records: readonly LogRecord[],
): Promise<'applied' | 'stale'> {
  const moved = await client.query(
    'UPDATE ledger.dead_letters_checkpoint SET next_offset = $2 WHERE next_offset = $1',
    [from, until],
  );
  if (moved.rowCount !== 1) return 'stale';
  for (const record of records) {
    const letter = await letterOf(client, record);
    if (letter !== null) await put(client, letter);
  }
  return 'applied';
}

async function letterOf(client: PoolClient, record: LogRecord): Promise<DeadLetter | null> {
  if (record.hole) return null;
  if (record.headers[letterHeader] === undefined) return poisonLetter(record);
  const read = decodeLetter(record.value);
  if (read === null) return null;
  const { rows } = await client.query<DeadLetter>(
    `SELECT dead_letter_id, consumer, order_id, attempts, error, partition, journal_offset AS offset, status, reason,
       (extract(epoch FROM first_at) * 1000)::bigint AS first_at, (extract(epoch FROM last_at) * 1000)::bigint AS last_at
     FROM ledger.dead_letters WHERE dead_letter_id = $1`,
    [read.dead_letter_id],
  );
  return letterAfter(rows[0] ?? null, read, record.at);
}

/** A copy of poison as the writer makes it: its place in a header, and why it was refused. */
function poisonLetter(record: LogRecord): DeadLetter | null {
  const place = /^(\d{1,6}):(\d{1,15})$/.exec(textOf(record.headers['position']));
  if (place === null) return null;
  return {
    dead_letter_id: derivedUuid('ledger dead_letter_id 1', 'writer', place[0]),
    consumer: 'writer',
    order_id: null,
    attempts: 1,
    first_at: record.at,
    last_at: record.at,
    error: textOf(record.headers['reason']).slice(0, errorCharsMax),
    partition: Number(place[1]),
    offset: Number(place[2]),
    status: 'refused',
    reason: null,
  };
}

const errorCharsMax = 2_000;

function textOf(header: LogRecord['headers'][string]): string {
  return header instanceof Uint8Array || typeof header === 'string' ? Buffer.from(header).toString('utf8') : '';
}

async function put(client: PoolClient, letter: DeadLetter): Promise<void> {
  await client.query(
    `INSERT INTO ledger.dead_letters
       (dead_letter_id, consumer, order_id, attempts, first_at, last_at, error, partition, journal_offset, status, reason)
     VALUES ($1, $2, $3, $4, to_timestamp($5::float8 / 1000), to_timestamp($6::float8 / 1000), $7, $8, $9, $10, $11)
     ON CONFLICT (dead_letter_id) DO UPDATE SET attempts = EXCLUDED.attempts, last_at = EXCLUDED.last_at,
       error = EXCLUDED.error, status = EXCLUDED.status, reason = EXCLUDED.reason`,
    [
      letter.dead_letter_id,
      letter.consumer,
      letter.order_id,
      letter.attempts,
      letter.first_at,
      letter.last_at,
      // Postgres cannot keep a NUL.
      letter.error.replaceAll('\u0000', ''),
      letter.partition,
      letter.offset,
      letter.status,
      letter.reason,
    ],
  );
}
