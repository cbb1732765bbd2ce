// Questions to Kafka: ends of a topic, stored offsets, groups to delete. One connection, replaced after any failure.
import type { Admin } from 'kafkajs';
import type { Ends } from '../port.ts';
import { LogError } from '../port.ts';
import type { KafkaClientOptions } from './client.ts';
import { createKafka, retryOptions } from './client.ts';
import { within } from './deadline.ts';
import { requestError } from './errors.ts';
import { toOffset } from './records.ts';

export interface LogAdmin {
  /** @throws LogError */
  ends(topic: string): Promise<ReadonlyMap<number, Ends>>;
  /** @throws LogError */
  committed(group: string, topic: string): Promise<ReadonlyMap<number, number>>;
  /** Deletes a group that nobody is a member of any more. @throws LogError */
  deleteGroup(group: string): Promise<void>;
  /** Anything else. @throws LogError */
  ask<T>(what: string, question: (admin: Admin) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export function createAdmin(options: KafkaClientOptions): LogAdmin {
  const { requestTimeoutMs, logger } = options;
  let connection: Promise<Admin> | undefined;
  let closed = false;

  async function connect(): Promise<Admin> {
    const admin = createKafka(options, requestTimeoutMs, 1).admin({ retry: retryOptions(1) });
    await admin.connect();
    return admin;
  }

  async function ask<T>(what: string, question: (admin: Admin) => Promise<T>): Promise<T> {
    if (closed) throw new LogError('unavailable', `${what}: the log was closed`);
    connection ??= connect();
    const used = connection;
    try {
      return await within(
        requestTimeoutMs,
        used.then(question),
        () => new Error(`no answer in ${requestTimeoutMs} ms`),
      );
    } catch (error) {
      // kafkajs may hold stale metadata or a dead socket after an error, so nobody uses this connection again.
      if (connection === used) connection = undefined;
      void drop(used);
      throw requestError(error, what);
    }
  }

  /** Never rejects. */
  async function drop(used: Promise<Admin>): Promise<void> {
    try {
      const admin = await used;
      await admin.disconnect();
    } catch (error) {
      logger.debug({ err: error }, 'A connection to Kafka could not be closed in order');
    }
  }

  return {
    ask,
    ends: (topic) =>
      ask(`ends of ${topic}`, async (admin) => {
        const offsets = await admin.fetchTopicOffsets(topic);
        return new Map(
          offsets
            .sort((a, b) => a.partition - b.partition)
            .map(({ partition, low, high }) => [partition, { low: toOffset(low), high: toOffset(high) }]),
        );
      }),
    committed: (group, topic) =>
      ask(`offsets of ${group}`, async (admin) => {
        const answers = await admin.fetchOffsets({ groupId: group, topics: [topic], resolveOffsets: false });
        const stored = answers.flatMap(({ partitions }) => partitions);
        const entries = stored.map(({ partition, offset }) => [partition, toOffset(offset)] as const);
        return new Map(entries.filter(([, offset]) => offset >= 0));
      }),
    deleteGroup: (group) => ask(`delete group ${group}`, async (admin) => void (await admin.deleteGroups([group]))),
    async close() {
      closed = true;
      if (connection !== undefined) await drop(connection);
    },
  };
}
