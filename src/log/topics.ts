// The topics of a ledger: made by `ledger prepare`, checked at every start. A topic that forgets, reorders or takes its
// sender's clock would break the ledger in silence, so a start refuses to run on one and says what to change.
import type { Topics } from '../../schemas/topics.ts';
import { ledgerTopicRules } from '../../schemas/topics.ts';
import type { KafkaClientOptions } from './kafka/client.ts';
import type { TopicAdmin, TopicState, TopicToCreate } from './kafka/topic-admin.ts';
import { openTopicAdmin } from './kafka/topic-admin.ts';
import { snapshotBytesMax } from './snapshot-record.ts';

export interface TopicPlan {
  readonly topics: Topics;
  /** Of commands and events, for life. */
  readonly partitions: number;
  readonly replicationFactor: number;
}

/** Why the ledger must not run on a topic. */
export interface TopicFinding {
  readonly topic: string;
  /** A setting of Kafka, or `topic`, `partitions`. */
  readonly setting: string;
  readonly is: string;
  readonly must_be: string;
  readonly how_to_change: string;
}

/** Broker time on every record: no host's clock decides anything. */
const brokerTime = { 'message.timestamp.type': 'LogAppendTime' } as const;
/** The clock topic is only asked what time it is; its records are worth nothing afterwards. */
const clockRetention = { 'cleanup.policy': 'delete', 'retention.ms': '3600000', 'segment.ms': '3600000' } as const;
/**
 * Only the latest snapshots are worth anything, so what they replace is thrown away soon: segments are small and short,
 * and a tenth of them that is outdated is enough to compact.
 */
const snapshotCompaction = {
  'cleanup.policy': 'compact',
  'segment.ms': '600000',
  'segment.bytes': '16777216',
  'min.cleanable.dirty.ratio': '0.1',
  'max.message.bytes': '1048588',
} as const;
/** Fewer copies than this that must have a record before it is acknowledged would lose it with one broker. */
const inSyncMin = 2;

/**
 * Creates the topics that are not there; existing ones are left alone, whatever their settings.
 * @returns the names of those created
 * @throws LogError
 */
export async function prepareTopics(kafka: KafkaClientOptions, plan: TopicPlan): Promise<readonly string[]> {
  return withAdmin(kafka, async (admin) => {
    const wanted = topicsToCreate(plan);
    const there = await admin.describe(wanted.map(({ topic }) => topic));
    const missing = wanted.filter(({ topic }) => !there.has(topic));
    if (missing.length > 0) await admin.create(missing);
    return missing.map(({ topic }) => topic);
  });
}

/** A topic of the ledger as it is. */
export interface TopicInspection {
  readonly topic: string;
  /** Null where there is no such topic. */
  readonly state: TopicState | null;
  readonly findings: readonly TopicFinding[];
}

/** Looks for everything that forbids to run. @throws LogError */
export async function checkTopics(
  kafka: KafkaClientOptions,
  plan: Pick<TopicPlan, 'topics' | 'partitions'>,
): Promise<readonly TopicFinding[]> {
  return (await inspectTopics(kafka, plan)).flatMap(({ findings }) => findings);
}

/**
 * Looks at every topic. `partitions` is what the genesis event says, or the configuration before there is one.
 * @throws LogError
 */
export async function inspectTopics(
  kafka: KafkaClientOptions,
  { topics, partitions }: Pick<TopicPlan, 'topics' | 'partitions'>,
): Promise<readonly TopicInspection[]> {
  const names = [topics.commands, topics.events, topics.deadLetters, topics.clock, topics.snapshots];
  const there = await withAdmin(kafka, (admin) => admin.describe(names));
  const findingsOf = (topic: string, state: TopicState): readonly TopicFinding[] => {
    if (topic === topics.commands)
      return [...settingsOf(topic, state, brokerTime), ...rulesOf(topic, state, partitions)];
    if (topic === topics.events) return rulesOf(topic, state, partitions);
    if (topic === topics.snapshots) {
      const compacted = settingsOf(topic, state, { 'cleanup.policy': snapshotCompaction['cleanup.policy'] });
      return [
        ...compacted,
        ...atLeast(topic, state, 'max.message.bytes', snapshotBytesMax),
        ...countOf(topic, state, partitions),
      ];
    }
    return topic === topics.clock ? settingsOf(topic, state, brokerTime) : [];
  };
  return names.map((topic) => {
    const state = there.get(topic);
    if (state === undefined) return { topic, state: null, findings: [missing(topic)] };
    return { topic, state, findings: findingsOf(topic, state) };
  });
}

/** What `prepareTopics` would create on an empty Kafka. */
export function topicsToCreate({ topics, partitions, replicationFactor }: TopicPlan): readonly TopicToCreate[] {
  const copies: { [name: string]: string } =
    replicationFactor > 1
      ? { 'min.insync.replicas': String(inSyncMin), 'unclean.leader.election.enable': 'false' }
      : // There is no second copy, so an acknowledged record has to be on the disk.
        { 'flush.messages': '1' };
  const kept = { ...ledgerTopicRules, ...brokerTime, ...copies };
  return [
    { topic: topics.commands, partitions, replicationFactor, settings: kept },
    { topic: topics.events, partitions, replicationFactor, settings: kept },
    { topic: topics.deadLetters, partitions: 1, replicationFactor, settings: kept },
    { topic: topics.clock, partitions: 1, replicationFactor, settings: { ...clockRetention, ...brokerTime } },
    { topic: topics.snapshots, partitions, replicationFactor, settings: snapshotCompaction },
  ];
}

function rulesOf(topic: string, state: TopicState, partitions: number): readonly TopicFinding[] {
  const copies =
    state.replicationFactor > 1
      ? [
          ...atLeast(topic, state, 'min.insync.replicas', inSyncMin),
          ...settingsOf(topic, state, { 'unclean.leader.election.enable': 'false' }),
        ]
      : [];
  return [...settingsOf(topic, state, ledgerTopicRules), ...copies, ...countOf(topic, state, partitions)];
}

function settingsOf(topic: string, state: TopicState, rules: { readonly [name: string]: string }): TopicFinding[] {
  return Object.entries(rules).flatMap(([setting, must_be]) => {
    const is = state.settings.get(setting) ?? 'unknown';
    return is === must_be ? [] : [{ topic, setting, is, must_be, how_to_change: alterTopic(topic, setting, must_be) }];
  });
}

function atLeast(topic: string, state: TopicState, setting: string, min: number): TopicFinding[] {
  const is = state.settings.get(setting) ?? 'unknown';
  if (Number(is) >= min) return [];
  return [{ topic, setting, is, must_be: `${min} or more`, how_to_change: alterTopic(topic, setting, `${min}`) }];
}

function countOf(topic: string, state: TopicState, partitions: number): TopicFinding[] {
  if (state.partitions === partitions) return [];
  const how_to_change =
    'nothing: a partition count is for life. Set LEDGER_PARTITIONS to the count at which the ledger was opened; ' +
    'where partitions were added to the topic, restore it from a backup';
  return [{ topic, setting: 'partitions', is: `${state.partitions}`, must_be: `${partitions}`, how_to_change }];
}

function missing(topic: string): TopicFinding {
  return { topic, setting: 'topic', is: 'missing', must_be: 'there', how_to_change: 'run `ledger prepare`' };
}

/** The command that sets it, for a shell that has the environment of the service. */
export function alterTopic(topic: string, setting: string, value: string): string {
  const where = `--entity-type topics --entity-name ${topic}`;
  return `kafka-configs.sh --bootstrap-server $KAFKA_BROKERS --alter ${where} --add-config ${setting}=${value}`;
}

async function withAdmin<T>(kafka: KafkaClientOptions, work: (admin: TopicAdmin) => Promise<T>): Promise<T> {
  const admin = openTopicAdmin(kafka);
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}
