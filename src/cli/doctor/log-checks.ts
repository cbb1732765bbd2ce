// The doctor at the log: topics and their settings, schemas, genesis, and the broker's clock.
import type { SchemaInspection } from '../../../schemas/registry.ts';
import { inspectSchemas } from '../../../schemas/registry.ts';
import { createBrokerClock } from '../../log/broker-clock.ts';
import { checkGenesis } from '../../log/genesis.ts';
import type { TopicInspection } from '../../log/topics.ts';
import { alterTopic, inspectTopics } from '../../log/topics.ts';
import { realPace } from '../../platform/pace.ts';
import { messageOf } from '../message.ts';
import type { Check } from './check.ts';
import { attempt, fail, ok, warn } from './check.ts';
import type { Patient } from './patient.ts';

const prepareAdvice = 'run `ledger prepare`';
/** Between two machines whose clocks are set by somebody, ms. */
const clockDifferenceMsMax = 5_000;

/** Every topic that the ledger needs. */
export function checkTopicSettings({ kafka, topics, config }: Patient): Promise<readonly Check[]> {
  return attempt('topics', null, async () => {
    const inspected = await inspectTopics(kafka, { topics, partitions: config.partitions });
    return inspected.flatMap((one) => [...topicChecks(one), ...flushChecks(one, [topics.commands, topics.events])]);
  });
}

function topicChecks({ topic, state, findings }: TopicInspection): readonly Check[] {
  const wrong = findings.map(({ setting, is, must_be, how_to_change }) =>
    fail(topic, `${setting} is ${is} and must be ${must_be}`, how_to_change),
  );
  if (wrong.length > 0 || state === null) return wrong;
  const setting = (name: string): string => `${name}=${state.settings.get(name) ?? 'unknown'}`;
  const shown = ['cleanup.policy', 'retention.ms', 'retention.bytes', 'message.timestamp.type'].map(setting);
  const copies = state.replicationFactor === 1 ? '1 copy' : `${state.replicationFactor} copies`;
  const partitions = state.partitions === 1 ? '1 partition' : `${state.partitions} partitions`;
  return [ok(topic, `${partitions}, ${copies}, ${shown.join(' ')}`)];
}

/** What is acknowledged by one broker that keeps it in memory is lost when its machine stops. */
function flushChecks({ topic, state }: TopicInspection, kept: readonly string[]): readonly Check[] {
  if (state === null || !kept.includes(topic) || state.replicationFactor > 1) return [];
  const is = state.settings.get('flush.messages') ?? 'unknown';
  if (is === '1') return [];
  const text = `it has one copy, and flush.messages is ${is}: a power cut may lose what was confirmed`;
  return [warn(topic, text, alterTopic(topic, 'flush.messages', '1'))];
}

/** Every record type of this release, on its topic. */
export function checkSchemaSubjects({ config, topics }: Patient): Promise<readonly Check[]> {
  return attempt('schemas', null, async () => {
    const all = await inspectSchemas(config.schemaRegistryUrl, topics);
    const found = (status: typeof fail, which: (one: SchemaInspection) => boolean, text: string, advice: string) => {
      const subjects = all.filter(which).map(({ subject }) => subject);
      return subjects.length === 0 ? [] : [status('schemas', `${text}: ${subjects.join(', ')}`, advice)];
    };
    const loose = ({ registered, level }: SchemaInspection): boolean => registered && level !== 'BACKWARD_TRANSITIVE';
    const newer = 'deploy the release that these schemas are from';
    const bad = [
      ...found(fail, ({ compatible }) => !compatible, "the registry would not take this release's schema of", newer),
      ...found(fail, (one) => one.compatible && !one.registered, "this release's schema is not there", prepareAdvice),
      ...found(warn, loose, 'these are not held to BACKWARD_TRANSITIVE', prepareAdvice),
    ];
    return bad.length > 0 ? bad : [ok('schemas', `${all.length} registered, compatible, and held to that`)];
  });
}

/** The first record of every journal partition. */
export function checkFirstRecords({ log, topics, config, reading }: Patient): Promise<readonly Check[]> {
  return attempt('genesis', 'see the message; a ledger that was never opened needs `ledger prepare`', async () => {
    const { partitions } = config;
    const id = await checkGenesis({ log, topic: topics.events, partitions, reading });
    return [ok('genesis', `ledger ${id}, opened with ${partitions} partitions`)];
  });
}

/** The broker's clock and this machine's. Orders rest on the broker's alone. */
export async function checkClock({ log, topics }: Patient): Promise<readonly Check[]> {
  const clock = createBrokerClock({ log, topic: topics.clock, pace: realPace, trouble: () => undefined });
  try {
    await clock.start();
    const ms = clock.now() - Date.now();
    const text = `the broker's is ${Math.abs(ms)} ms ${ms < 0 ? 'behind' : 'ahead of'} this machine's`;
    if (Math.abs(ms) <= clockDifferenceMsMax) return [ok('clock', text)];
    return [warn('clock', text, 'set both by the same time server; expiry times of keys are by this one')];
  } catch (error) {
    return [fail('clock', messageOf(error), null)];
  } finally {
    await clock.stop();
  }
}
