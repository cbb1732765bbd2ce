// Reads a range of one partition by a throw-away consumer that is alone in a group of its own: kafkajs cannot read
// without one. Markers and aborted records at the end count as read, although kafkajs hands them to nobody.
import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Batch } from 'kafkajs';
import type { Log, LogRecord } from '../port.ts';
import { LogError } from '../port.ts';
import type { LogAdmin } from './admin.ts';
import { each } from './assigners.ts';
import type { KafkaClientOptions } from './client.ts';
import { limits } from './client.ts';
import { requestError, toError } from './errors.ts';
import { toOffset, toRecord } from './records.ts';
import { openSession } from './session.ts';

type Read = Log['read'];

/** `later` takes over work that nobody needs to wait for. */
export function createReader(client: KafkaClientOptions, admin: LogAdmin, later: (work: Promise<void>) => void): Read {
  return async ({ topic, partition, from, to }, onRecords, signal) => {
    signal?.throwIfAborted();
    if (from >= to) return;
    const group = `${client.clientId}-read-${randomUUID()}`;
    const { promise: done, resolve: finish, reject: fail } = Promise.withResolvers<void>();
    let next = from;
    let settled = false;
    let stall: NodeJS.Timeout | undefined;
    const watch = (): void => {
      clearTimeout(stall);
      // A page that was still being taken when the read was over must not keep the process alive.
      if (settled) return;
      const late = new LogError('unavailable', `${topic}[${partition}] gave nothing for ${limits.readStallMsMax} ms`);
      stall = setTimeout(() => fail(late), limits.readStallMsMax);
    };

    function reached(last: number): void {
      next = Math.max(next, last + 1);
      if (next >= to) finish();
    }

    async function take(batch: Batch): Promise<void> {
      if (settled) return;
      clearTimeout(stall);
      try {
        for (const records of slices(pick(batch, next, to))) {
          await onRecords(records);
          // Answers of the broker that lie there meanwhile must not be taken for late ones.
          await setImmediate();
          if (settled) return session.pause(partition);
        }
        watch();
        reached(toOffset(batch.lastOffset()));
      } catch (error) {
        fail(error);
      }
      if (next >= to || settled) session.pause(partition);
    }

    const abort = (): void => fail(signal?.reason);
    signal?.addEventListener('abort', abort);
    const session = openSession(client, {
      topic,
      group,
      assigner: each(topic, partition),
      fetchWaitMs: limits.readWaitMs,
      fetchBytesPerPartitionMax: limits.readBytesPerPartitionMax,
      sessionTimeoutMs: limits.readSessionTimeoutMs,
      onJoin: () => session.seek(partition, next),
      onBatch: take,
      onNothing: (_partition, _first, last) => reached(last),
    });
    session.ended.catch((error: unknown) => fail(requestError(error, `read ${topic}[${partition}]`)));
    watch();
    try {
      await done;
    } finally {
      settled = true;
      clearTimeout(stall);
      signal?.removeEventListener('abort', abort);
      later(
        session
          .close()
          .then(() => admin.deleteGroup(group))
          .catch(ignoreGone(client, group)),
      );
    }
  };
}

function pick(batch: Batch, from: number, to: number): LogRecord[] {
  return batch.messages.map(toRecord).filter(({ offset }) => offset >= from && offset < to);
}

/** Cuts records into slices of about `readSliceBytes`. */
function* slices(records: readonly LogRecord[]): Generator<readonly LogRecord[]> {
  let from = 0;
  let bytes = 0;
  for (const [i, { value }] of records.entries()) {
    bytes += value?.length ?? 0;
    if (bytes < limits.readSliceBytes && i < records.length - 1) continue;
    yield records.slice(from, i + 1);
    from = i + 1;
    bytes = 0;
  }
}

/** A group left behind harms nobody: it has no offsets, so the broker forgets it by itself. */
function ignoreGone({ logger }: KafkaClientOptions, group: string): (error: unknown) => void {
  return (error) => logger.debug({ err: toError(error), group }, 'The group of a read was not deleted');
}
