// What every verb is built from: one place that turns the configuration into clients.
import type { Codec } from '../../schemas/codec.ts';
import { createCodec } from '../../schemas/codec.ts';
import { RegistryUnavailable, fetchSchema } from '../../schemas/registry.ts';
import type { Topics } from '../../schemas/topics.ts';
import { topicsOf } from '../../schemas/topics.ts';
import type { KafkaLogOptions } from '../log/kafka/kafka-log.ts';
import { createKafkaLog } from '../log/kafka/kafka-log.ts';
import type { Log } from '../log/port.ts';
import type { Reading } from '../log/reading.ts';
import { createReading } from '../log/reading.ts';
import type { Config } from '../platform/config.ts';
import { createEpisode } from '../platform/episode.ts';
import type { Logger } from '../platform/logger.ts';
import { realPace } from '../platform/pace.ts';

export interface LogParts {
  readonly topics: Topics;
  readonly kafka: KafkaLogOptions;
  readonly log: Log;
}

/** The log and its topics. `clientId` says who asks, for the broker's own logs. */
export function createLogParts(config: Config, logger: Logger, clientId: string): LogParts {
  const kafka = {
    brokers: config.kafkaBrokers,
    clientId,
    requestTimeoutMs: config.kafkaRequestTimeoutMs,
    appendTimeoutMs: config.appendTimeoutMs,
    logger,
  };
  return { topics: topicsOf(config.topicPrefix), kafka, log: createKafkaLog(kafka) };
}

/** Codec and reader of the records, with the schema ids that the registry gave to this release's record types. */
export function createRecordParts(
  config: Config,
  logger: Logger,
  ids: ReadonlyMap<string, number>,
): { readonly codec: Codec; readonly reading: Reading } {
  const codec = createCodec(ids);
  const ask = (id: number): Promise<string | null> =>
    fetchSchema(config.schemaRegistryUrl, id, config.kafkaRequestTimeoutMs);
  const newest = Math.max(...ids.values());
  // A registry that has just started answers before it knows what was registered: it is believed once it knows ours.
  const fetch = async (id: number): Promise<string | null> => {
    const schema = await ask(id);
    if (schema === null && (await ask(newest)) === null) throw new RegistryUnavailable(`it lacks schema ${newest} too`);
    return schema;
  };
  const texts = { begins: 'the schema registry does not answer; waiting for it', over: 'the schema registry answers' };
  const { trouble } = createEpisode(logger, texts);
  return { codec, reading: createReading(codec, fetch, realPace, trouble) };
}
