// Reads a range of one partition by a throw-away consumer that is alone in a group of its own: kafkajs cannot read
// without one. Markers and aborted records at the end count as read, although kafkajs hands them to nobody.
import { randomUUID } from 'node:crypto';
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
      const records = pick(batch, next, to);
      try {
        if (records.length > 0) await onRecords(records);
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

/** A group left behind harms nobody: it has no offsets, so the broker forgets it by itself. */
function ignoreGone({ logger }: KafkaClientOptions, group: string): (error: unknown) => void {
  return (error) => logger.debug({ err: toError(error), group }, 'The group of a read was not deleted');
}
