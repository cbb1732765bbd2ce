// Appends to the in-memory log, and what can become of them on the way.
import type { Appended, Appender, OutgoingRecord } from '../port.ts';
import { LogError } from '../port.ts';
import type { MemoryTopics } from './memory-topics.ts';
import { copyOf, partitionAt, sizeOf } from './memory-topics.ts';

/** Records of one append, by partition. */
export type Batches = ReadonlyMap<number, readonly OutgoingRecord[]>;

/**
 * What becomes of an append.
 * - `none`: it lands and is answered.
 * - `lose_answer`: it lands, then its caller hears `unknown`.
 * - `lose_request`: its caller hears `unknown`, it never lands.
 * - `landAfter`: its caller hears `unknown`, it lands that many steps later.
 */
export type Fault = 'none' | 'lose_answer' | 'lose_request' | { readonly landAfter: number };

export interface AppendTarget {
  readonly topics: MemoryTopics;
  readonly now: () => number;
  readonly batchBytesMax: number;
}

export function createAppender(
  broker: AppendTarget,
  schedule: (step: () => void) => void,
  faults: (append: { readonly topic: string; readonly batches: Batches }) => Fault,
  logClosed: AbortSignal,
): Appender {
  let open = true;

  function later(steps: number, act: () => void): void {
    schedule(() => {
      if (steps <= 1) act();
      else later(steps - 1, act);
    });
  }

  function send(topic: string, batches: Batches): Promise<ReadonlyMap<number, Appended>> {
    const refusals = refusalsOf(broker, topic, batches);
    const copies = [...batches]
      .filter(([p]) => !refusals.has(p))
      .map(([p, records]) => ({ p, records: records.map(copyOf) }));
    const [refusal] = refusals.values();
    const fault = refusal === undefined ? faults({ topic, batches }) : copies.length > 0 ? 'lose_answer' : refusal;

    function land(): ReadonlyMap<number, Appended> {
      const at = broker.now();
      const bases = copies.map(({ p, records }) => partitionAt(broker.topics, topic, p).land(records, at));
      return new Map(copies.map(({ p }, i) => [p, { baseOffset: bases[i] ?? -1, at }]));
    }

    return new Promise((resolve, reject) => {
      const fail = (error: LogError): void => later(1, () => reject(error));
      const lost = new LogError('unknown', 'no answer came');
      if (fault instanceof LogError) return fail(fault);
      if (fault === 'lose_request') return fail(lost);
      if (typeof fault === 'object') {
        fail(lost);
        return later(fault.landAfter, land);
      }
      later(1, () => {
        const appended = land();
        if (fault === 'lose_answer') fail(lost);
        else later(1, () => resolve(appended));
      });
    });
  }

  return {
    append(topic, batches) {
      if (open && !logClosed.aborted) return send(topic, batches);
      return Promise.reject(new LogError('unavailable', 'the appender was closed'));
    },
    close() {
      open = false;
      return Promise.resolve();
    },
  };
}

/** Partitions whose batch cannot land, with the reason. Where others of the same append land, its fate is unknown. */
function refusalsOf({ topics, batchBytesMax }: AppendTarget, topic: string, batches: Batches): Map<number, LogError> {
  const partitions = topics.get(topic);
  const refusals = new Map<number, LogError>();
  for (const [partition, records] of batches) {
    const size = records.reduce((sum, record) => sum + sizeOf(record), 0);
    if (partitions?.[partition] === undefined) {
      refusals.set(partition, new LogError('rejected', `there is no ${topic}[${partition}]`));
    } else if (size > batchBytesMax) {
      refusals.set(partition, new LogError('too_large', `${size} bytes for ${topic}[${partition}]`));
    }
  }
  return refusals;
}
