// Follows a topic for ever: one consumer session after the other, with back-off between them, until it is stopped.
import type { Follower, FollowOptions } from '../port.ts';
import { LogError } from '../port.ts';
import type { LogAdmin } from './admin.ts';
import { each, shared } from './assigners.ts';
import type { KafkaClientOptions } from './client.ts';
import { limits } from './client.ts';
import { longer, sleep } from './deadline.ts';
import { createDeliveries } from './deliveries.ts';
import { toError } from './errors.ts';
import { toOffset, toRecord } from './records.ts';
import type { Session } from './session.ts';
import { openSession } from './session.ts';

/** A follower that may not have joined yet. */
export interface Following {
  /** Resolves at the first join. @throws LogError `unavailable` when it was stopped before */
  readonly joined: Promise<Follower>;
  stop(): Promise<void>;
}

export function startFollowing(client: KafkaClientOptions, admin: LogAdmin, options: FollowOptions): Following {
  const { topic, group, assignment } = options;
  const deliveries = createDeliveries(options);
  const stopped = new AbortController();
  const { promise: joined, resolve: haveJoined, reject: notJoined } = Promise.withResolvers<Follower>();
  let session: Session | undefined;
  let waitMs: number = limits.backOffMs;

  const follower: Follower = {
    owned: deliveries.owned,
    pause: deliveries.pause,
    resume: deliveries.resume,
    restart: deliveries.restart,
    async commit(partition, next) {
      try {
        if (session === undefined) throw new LogError('unavailable', 'the follower has no consumer now');
        await session.commit(partition, next);
      } catch (error) {
        options.trouble(toError(error));
      }
    },
    stop,
  };

  function open(): Session {
    const opened = openSession(client, {
      topic,
      group,
      assigner: assignment === 'all' ? each(topic) : shared(topic, deliveries.owned),
      fetchWaitMs: limits.fetchWaitMs,
      fetchBytesPerPartitionMax: limits.fetchBytesPerPartitionMax,
      sessionTimeoutMs: limits.sessionTimeoutMs,
      onJoin(partitions) {
        if (stopped.signal.aborted) return;
        waitMs = limits.backOffMs;
        deliveries.assign(partitions, opened);
        haveJoined(follower);
      },
      onBatch(batch, fetchedOffset) {
        if (stopped.signal.aborted) return;
        const { partition, messages } = batch;
        deliveries.take({
          partition,
          fetchedOffset,
          last: toOffset(batch.lastOffset()),
          records: messages.map(toRecord),
        });
      },
      onNothing: (partition, first, last) => deliveries.take({ partition, fetchedOffset: first, last, records: [] }),
    });
    return opened;
  }

  /** Never rejects. */
  async function keepOpen(): Promise<void> {
    while (!stopped.signal.aborted) {
      session = open();
      try {
        await session.ended;
      } catch (error) {
        options.trouble(toError(error));
      }
      deliveries.loseAll();
      const gone = session;
      session = undefined;
      await gone.close();
      await sleep(waitMs, stopped.signal);
      waitMs = longer(waitMs, limits.backOffMsMax);
    }
  }
  const running = keepOpen();

  async function stop(): Promise<void> {
    const wasStopped = stopped.signal.aborted;
    stopped.abort();
    notJoined(new LogError('unavailable', `stopped before ${group} was joined`));
    deliveries.loseAll();
    await session?.close();
    await running;
    if (assignment === 'all' && !wasStopped) await deleteOwnGroup();
  }

  async function deleteOwnGroup(): Promise<void> {
    try {
      await admin.deleteGroup(group);
    } catch (error) {
      options.trouble(toError(error));
    }
  }

  return { joined, stop };
}
