// Creates and describes topics. What they must be is decided in ../topics.ts.
import kafkajs from 'kafkajs';
import { createAdmin } from './admin.ts';
import type { KafkaClientOptions } from './client.ts';

export interface TopicToCreate {
  readonly topic: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly settings: { readonly [name: string]: string };
}

export interface TopicState {
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly settings: ReadonlyMap<string, string>;
}

export interface TopicAdmin {
  /** Creates topics; the caller has looked that they are not there. @throws LogError */
  create(topics: readonly TopicToCreate[]): Promise<void>;
  /** Topics that exist, of those named. @throws LogError */
  describe(topics: readonly string[]): Promise<ReadonlyMap<string, TopicState>>;
  close(): Promise<void>;
}

export function openTopicAdmin(options: KafkaClientOptions): TopicAdmin {
  const admin = createAdmin(options);
  return {
    create: (topics) =>
      admin.ask('create topics', async (kafka) => {
        await kafka.createTopics({
          validateOnly: false,
          waitForLeaders: true,
          timeout: options.requestTimeoutMs,
          topics: topics.map(({ topic, partitions, replicationFactor, settings }) => ({
            topic,
            numPartitions: partitions,
            replicationFactor,
            configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
          })),
        });
      }),
    describe: (names) =>
      admin.ask('describe topics', async (kafka) => {
        const there = (await kafka.listTopics()).filter((topic) => names.includes(topic));
        if (there.length === 0) return new Map<string, TopicState>();
        const [{ topics }, { resources }] = await Promise.all([
          kafka.fetchTopicMetadata({ topics: there }),
          kafka.describeConfigs({
            includeSynonyms: false,
            resources: there.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
          }),
        ]);
        const settings = new Map(resources.map(({ resourceName, configEntries }) => [resourceName, configEntries]));
        return new Map(
          topics.map(({ name, partitions }) => [
            name,
            {
              partitions: partitions.length,
              replicationFactor: Math.min(...partitions.map(({ replicas }) => replicas.length)),
              settings: new Map(
                (settings.get(name) ?? []).map(({ configName, configValue }) => [configName, configValue]),
              ),
            },
          ]),
        );
      }),
    close: admin.close,
  };
}
