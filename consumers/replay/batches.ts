// Brings what a replay projects into its sink: in batches, one in flight while the next one is filled, each atomically
// with its checkpoint. An outage of the sink is waited out; what the checkpoint says decides what is done again.
import type { Change, JournalEvent, Projection, Sink } from '../../projections/projection.ts';
import type { Pace } from '../../src/log/port.ts';

export interface BatchesOptions {
  readonly projection: Projection;
  readonly sink: Sink;
  /** Changes in one batch, about. */
  readonly changesMax: number;
  readonly pace: Pace;
  readonly signal: AbortSignal;
  /** The sink does not answer and is asked again. */
  readonly trouble: (error: unknown) => void;
  /** Everything of the partition below `next` stands in the sink. */
  readonly applied: (partition: number, next: number) => void;
}

export interface Batches {
  /** Projects events of a partition, of which everything below `next` is then known. Waits while the sink is behind. */
  take(partition: number, events: readonly JournalEvent[], next: number): Promise<void>;
  /** Resolves when everything stands. @throws what the sink refuses */
  flush(): Promise<void>;
}

const backoffMsMin = 100;
const backoffMsMax = 2_000;
/** Also where few changes come, so that a replay that is stopped has not much to do again. */
const recordsMax = 200_000;

/** `checkpoints`: where each partition stands in the sink now. */
export function createBatches(options: BatchesOptions, checkpoints: ReadonlyMap<number, number>): Batches {
  const { projection, changesMax } = options;
  const stand = new Map(checkpoints);
  let changes: Change[] = [];
  let moves = new Map<number, number>();
  let applying: Promise<void> = Promise.resolve();

  async function send(): Promise<void> {
    await applying;
    if (moves.size === 0) return;
    const batch = { changes, moves: withExpected(moves, stand) };
    changes = [];
    moves = new Map();
    applying = applyPatiently(options, batch);
    // Whoever waits for it next hears of its failure.
    applying.catch(() => undefined);
    for (const [partition, { next }] of batch.moves) stand.set(partition, next);
  }

  return {
    async take(partition, taken, next) {
      for (const event of taken) {
        for (const change of projection.project(event)) changes.push(change);
      }
      const ahead = next - (stand.get(partition) ?? 0);
      if (ahead > 0) moves.set(partition, next);
      if (changes.length >= changesMax || ahead >= recordsMax) await send();
    },
    async flush() {
      await send();
      await applying;
    },
  };
}

type Moves = ReadonlyMap<number, { readonly expected: number; readonly next: number }>;

function withExpected(moves: ReadonlyMap<number, number>, stand: ReadonlyMap<number, number>): Moves {
  return new Map([...moves].map(([partition, next]) => [partition, { expected: stand.get(partition) ?? 0, next }]));
}

/** @throws Error where another process moved the checkpoints, or the sink refuses the data; the signal's reason */
async function applyPatiently(
  { sink, pace, signal, trouble, applied }: BatchesOptions,
  { changes, moves }: { readonly changes: readonly Change[]; readonly moves: Moves },
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted();
    try {
      if (attempt > 0 && (await stands(sink, moves))) break;
      if ((await sink.apply(changes, moves)) === 'applied') break;
    } catch (error) {
      if (isAboutData(error)) throw error;
      trouble(error);
      await pace.sleep(Math.min(backoffMsMin * 2 ** attempt, backoffMsMax) * (0.5 + pace.random() / 2), signal);
      continue;
    }
    throw new Error('another process works on this replay: its checkpoints moved');
  }
  for (const [partition, { next }] of moves) applied(partition, next);
}

/** Whether a batch whose answer was lost was applied. @throws the driver's error */
async function stands(sink: Sink, moves: Moves): Promise<boolean> {
  const now = await sink.checkpoints();
  return [...moves].every(([partition, { next }]) => now.get(partition) === next);
}

/** Data exception, integrity violation, and what is no error of a server: the same batch would fail for ever. */
function isAboutData(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  if (!('code' in error)) return !/timeout|terminated|closed|connect/i.test(error.message);
  return /^(2[23]|42)[0-9A-Z]{3}$/.test(String(error.code));
}
