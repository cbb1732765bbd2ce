// Follows a topic for ever: one consumer session after the other, with back-off between them, until it is stopped.
import type { Follower, FollowOptions } from '../port.ts';
import { LogError } from '../port.ts';
import type { LogAdmin } from './admin.ts';
import { each, shared } from './assigners.ts';
import type { KafkaClientOptions } from './client.ts';
import { limits } from './client.ts';
import { longer, sleep, within } from './deadline.ts';
import type { Deliveries } from './deliveries.ts';
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

export function startFollowing(client: KafkaClientOptions, admin: LogAdmin, follow: FollowOptions): Following {
  const deliveries = createDeliveries(follow);
  const stopped = new AbortController();
  const { promise: joined, resolve: haveJoined, reject: notJoined } = Promise.withResolvers<Follower>();
  let session: Session | undefined;

  /** Never rejects. */
  async function keepOpen(): Promise<void> {
    let waitMs: number = limits.backOffMs;
    while (!stopped.signal.aborted) {
      session = openFor(client, follow, deliveries, stopped.signal, () => {
        waitMs = limits.backOffMs;
        haveJoined(follower);
      });
      try {
        await session.ended;
      } catch (error) {
        follow.trouble(toError(error));
      }
      deliveries.loseAll();
      const gone = session;
      session = undefined;
      await gone.close();
      await sleep(waitMs, stopped.signal);
      waitMs = longer(waitMs, limits.backOffMsMax);
    }
  }

  async function stop(): Promise<void> {
    const first = !stopped.signal.aborted;
    stopped.abort();
    notJoined(new LogError('unavailable', `stopped before ${follow.group} was joined`));
    // The session hands over nothing from here on.
    const closing = session?.close();
    deliveries.loseAll();
    const left = await closing;
    await running;
    // Where the broker did not hear that we left, it would not hear of this either; it forgets the group by itself.
    if (follow.assignment === 'all' && first && left === true) await reported(follow, admin.deleteGroup(follow.group));
  }

  const follower: Follower = {
    owned: deliveries.owned,
    pause: deliveries.pause,
    resume: deliveries.resume,
    restart: deliveries.restart,
    commit(partition, next) {
      const gone = new LogError('unavailable', 'the follower has no consumer now');
      const stored = session?.commit(partition, next) ?? Promise.reject(gone);
      const late = (): Error => new LogError('unavailable', `the offset of ${follow.group} was not stored in time`);
      return reported(follow, within(limits.commitMsMax, stored, late));
    },
    stop,
  };
  const running = keepOpen();
  return { joined, stop };
}

function openFor(
  client: KafkaClientOptions,
  follow: FollowOptions,
  deliveries: Deliveries,
  stopped: AbortSignal,
  joined: () => void,
): Session {
  const { topic, group, assignment } = follow;
  const session = openSession(client, {
    topic,
    group,
    assigner: assignment === 'all' ? each(topic) : shared(topic, deliveries.owned),
    fetchWaitMs: limits.fetchWaitMs,
    fetchBytesPerPartitionMax: limits.fetchBytesPerPartitionMax,
    sessionTimeoutMs: limits.sessionTimeoutMs,
    onJoin(partitions) {
      deliveries.assign(partitions, session);
      joined();
    },
    async onBatch(batch, fetchedOffset) {
      const { partition, messages } = batch;
      deliveries.take({
        partition,
        fetchedOffset,
        last: toOffset(batch.lastOffset()),
        records: messages.map(toRecord),
      });
      // The partitions of a fetch rest at the same time.
      const restMs = follow.restMs?.() ?? 0;
      if (restMs > 0) await sleep(restMs, stopped);
    },
    onNothing: (partition, first, last) => deliveries.take({ partition, fetchedOffset: first, last, records: [] }),
  });
  return session;
}

/** Never rejects: a failure is trouble. */
async function reported(follow: FollowOptions, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    follow.trouble(toError(error));
  }
}
