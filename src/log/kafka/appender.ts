// One connection that appends to Kafka: a plain producer, all in-sync replicas, no retries of any kind. kafkajs'
// idempotent and transactional producers lose acknowledged records after a lost response.
import type { Producer } from 'kafkajs';
import type { Appended, Appender, OutgoingRecord } from '../port.ts';
import { LogError } from '../port.ts';
import type { KafkaClientOptions } from './client.ts';
import { createKafka, limits, retryOptions } from './client.ts';
import { within } from './deadline.ts';
import { appendError, requestError } from './errors.ts';
import { toMessage, toOffset } from './records.ts';

/** @throws LogError `unavailable` */
export async function openAppender(options: KafkaClientOptions, appendTimeoutMs: number): Promise<Appender> {
  const producer = createKafka(options, appendTimeoutMs, 1).producer({
    idempotent: false,
    allowAutoTopicCreation: false,
    metadataMaxAge: limits.metadataMaxAgeMs,
    retry: retryOptions(0),
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? -1,
  });
  try {
    await within(options.requestTimeoutMs, producer.connect(), () => new Error('no answer in time'));
  } catch (error) {
    await disconnect(producer, options);
    throw new LogError('unavailable', requestError(error, 'connect to append').message, { cause: error });
  }
  let open = true;
  return {
    async append(topic, batches) {
      if (!open) throw new LogError('unavailable', 'the appender was closed');
      const late = (): Error => new LogError('unknown', `append to ${topic}: no answer in ${appendTimeoutMs} ms`);
      return within(appendTimeoutMs, send(producer, topic, batches, appendTimeoutMs), late);
    },
    async close() {
      open = false;
      await disconnect(producer, options);
    },
  };
}

async function send(
  producer: Producer,
  topic: string,
  batches: ReadonlyMap<number, readonly OutgoingRecord[]>,
  timeout: number,
): Promise<ReadonlyMap<number, Appended>> {
  const timestamp = String(Date.now());
  const messages = [...batches].flatMap(([partition, records]) =>
    records.map((record) => toMessage(partition, record, timestamp)),
  );
  const landed = new Map<number, Appended>();
  try {
    for (const { partition, baseOffset, logAppendTime } of await producer.send({
      topic,
      acks: -1,
      timeout,
      messages,
    })) {
      landed.set(partition, { baseOffset: toOffset(baseOffset ?? ''), at: Number(logAppendTime ?? -1) });
    }
  } catch (error) {
    throw appendError(error, batches.size);
  }
  // kafkajs leaves out in silence what is meant for a partition that the topic does not have.
  const missing = [...batches.keys()].find((partition) => !landed.has(partition));
  if (missing === undefined) return landed;
  throw new LogError(batches.size === 1 ? 'rejected' : 'unknown', `there is no partition ${missing} of ${topic}`);
}

async function disconnect(producer: Producer, { requestTimeoutMs, logger }: KafkaClientOptions): Promise<void> {
  try {
    await within(requestTimeoutMs, producer.disconnect(), () => new Error('no answer in time'));
  } catch (error) {
    logger.debug({ err: error }, 'A producer did not disconnect in time');
  }
}
