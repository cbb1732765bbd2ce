// What lies on the topic of dead letters: copies of poison, and what became of jobs that a worker gave up. The topic is
// the truth about them; who lists them folds it.
import { z } from 'zod';

/** Where a dead letter stands. `refused`: a copy of poison, which was answered and waits for nobody. */
export type DeadLetterStatus = 'parked' | 'retrying' | 'discarding' | 'resolved' | 'discarded' | 'refused';

export interface DeadLetter {
  readonly dead_letter_id: string;
  /** Who gave it up, as `payments`. */
  readonly consumer: string;
  readonly order_id: string | null;
  readonly attempts: number;
  /** ms since the epoch */
  readonly first_at: number;
  /** ms since the epoch */
  readonly last_at: number;
  readonly error: string;
  readonly partition: number;
  /** Offset of the journal event that began the job; of a copy of poison, of the command. */
  readonly offset: number;
  readonly status: DeadLetterStatus;
  /** Why somebody retried or discarded it. */
  readonly reason: string | null;
}

const name = z.string().min(1).max(64);
const base = { dead_letter_id: z.uuid(), consumer: name, order_id: z.uuid(), partition: z.int().min(0) };
const priority = z.enum(['low', 'normal', 'high', 'critical', 'max']);

/** What the job needs to go on. */
const jobShape = z.object({
  customer_id: z.string(),
  total: z.object({ amount: z.int(), currency: z.string() }),
  priority,
  correlation_id: z.string(),
});

const recordShape = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('parked'),
    ...base,
    offset: z.int().min(0),
    attempts: z.int().min(0),
    first_at: z.int(),
    error: z.string(),
    job: jobShape,
  }),
  z.object({ kind: z.enum(['retry', 'discard']), ...base, actor: z.string(), reason: z.string().nullable() }),
  z.object({ kind: z.literal('settled'), ...base, outcome: z.enum(['resolved', 'discarded']) }),
]);

/** A record of the topic that a worker or an operator wrote. */
export type LetterRecord = z.infer<typeof recordShape>;
export type ParkedRecord = Extract<LetterRecord, { kind: 'parked' }>;

/** Name of the header that tells such records from copies of poison. */
export const letterHeader = 'dead-letter';

/** Its bytes; the key is the id. */
export function encodeLetter(record: LetterRecord): {
  readonly key: string;
  readonly value: Buffer;
  readonly headers: { readonly [name: string]: Buffer };
} {
  return {
    key: record.dead_letter_id,
    value: Buffer.from(JSON.stringify(record)),
    headers: { [letterHeader]: Buffer.from(record.kind) },
  };
}

/** Reads such a record; null where the bytes are none. */
export function decodeLetter(value: Uint8Array | null): LetterRecord | null {
  if (value === null) return null;
  try {
    const parsed = recordShape.safeParse(JSON.parse(Buffer.from(value).toString('utf8')));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** What a letter is after a record that lies at `at`, ms since the epoch; what makes no sense for it changes nothing. */
export function letterAfter(letter: DeadLetter | null, record: LetterRecord, at: number): DeadLetter | null {
  switch (record.kind) {
    case 'parked': {
      const { dead_letter_id, consumer, order_id, partition, offset, attempts, error } = record;
      const first_at = letter?.first_at ?? record.first_at;
      const same = { dead_letter_id, consumer, order_id, partition, offset, attempts, error };
      return { ...same, first_at, last_at: at, status: 'parked', reason: letter?.reason ?? null };
    }
    case 'retry':
    case 'discard': {
      if (letter?.status !== 'parked') return letter;
      const status = record.kind === 'retry' ? 'retrying' : 'discarding';
      return { ...letter, status, reason: record.reason ?? letter.reason, last_at: at };
    }
    case 'settled':
      return letter === null ? null : { ...letter, status: record.outcome, last_at: at };
  }
}
