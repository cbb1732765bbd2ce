// Kafka as one KRaft node that is broker and controller, on the loopback only.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { run } from '../run.ts';
import type { ServerContext, ServerDefinition } from '../server.ts';

const FORMAT_MS_MAX = 60_000;
const PROBE_MS_MAX = 2_000;
/** A JVM that lives a second needs neither the second compiler nor a parallel collector. */
const SHORT_LIVED = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:-UsePerfData', '-Xshare:auto'];

export const kafka: ServerDefinition = {
  name: 'kafka',
  prepare,
  command: (context) => ({
    file: context.home.java,
    args: [
      '-Xms256m',
      '-Xmx1g',
      '-XX:+UseG1GC',
      '-XX:MaxGCPauseMillis=20',
      // Under load the second compiler costs more than the broker in its first minute, and saves nothing measurable later.
      '-XX:TieredStopAtLevel=1',
      '-XX:-UsePerfData',
      '-Djava.awt.headless=true',
      `-Djava.io.tmpdir=${context.dataDir}/tmp`,
      `-Dlog4j2.configurationFile=${context.dataDir}/log4j2.properties`,
      ...context.javaFlags,
      '-cp',
      context.home.kafkaClassPath,
      'kafka.Kafka',
      `${context.dataDir}/server.properties`,
    ],
  }),
  probe: (context) => askKafka(context.ports.kafka),
  startMsMax: 60_000,
};

/** Settings are written at every start, because ports may change; the store is formatted once. */
async function prepare(context: ServerContext): Promise<void> {
  const settings = join(context.dataDir, 'server.properties');
  await mkdir(join(context.dataDir, 'tmp'), { recursive: true });
  await writeFile(settings, serverProperties(context));
  await writeFile(join(context.dataDir, 'log4j2.properties'), LOGGING);
  if (existsSync(join(context.dataDir, 'log', 'meta.properties'))) return;
  const clusterId = randomBytes(16).toString('base64url');
  // One word with its option: an id may begin with a hyphen, and was then taken for an option of its own.
  const format = ['kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`, '-c', settings];
  await run(context.home.java, [...SHORT_LIVED, '-cp', context.home.kafkaClassPath, ...format], {
    timeoutMs: FORMAT_MS_MAX,
  });
}

/** What a ledger needs of a Kafka of one node, whether it is a process or a container. */
export const SINGLE_NODE_SETTINGS: Readonly<Record<string, string | number | boolean>> = {
  // Topics are made by `ledger prepare` with the rules that the ledger needs, never by a typing error.
  'auto.create.topics.enable': false,
  // A reader that joins a group alone need not wait for others.
  'group.initial.rebalance.delay.ms': 0,
  // After a kill the new broker may register only when the session of the old one has run out: 9 s by default.
  'broker.session.timeout.ms': 3_000,
  'broker.heartbeat.interval.ms': 500,
  // One node keeps one copy of Kafka's own topics, and few partitions of them: fifty cost seconds at first use.
  'offsets.topic.replication.factor': 1,
  'offsets.topic.num.partitions': 8,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'transaction.state.log.num.partitions': 4,
  'share.coordinator.state.topic.replication.factor': 1,
  'share.coordinator.state.topic.min.isr': 1,
  'share.coordinator.state.topic.num.partitions': 4,
};

function serverProperties({ ports, dataDir }: ServerContext): string {
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${ports.kafkaController}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'BROKER',
    listeners: `BROKER://127.0.0.1:${ports.kafka},CONTROLLER://127.0.0.1:${ports.kafkaController}`,
    'advertised.listeners': `BROKER://127.0.0.1:${ports.kafka}`,
    'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(dataDir, 'log'),
    ...SINGLE_NODE_SETTINGS,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

const LOGGING = `status=error
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %c{1} %m%n%ex
rootLogger.level=info
rootLogger.appenderRef.out.ref=out
`;

/**
 * One Metadata request, written out by hand: the stack's own question needs a few bytes, not a client with its timers.
 * A broker that is still fenced is not in the answer.
 */
export function askKafka(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: PROBE_MS_MAX });
    const end = (error?: Error): void => {
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    let answer = Buffer.alloc(0);
    socket.once('connect', () => socket.write(METADATA_REQUEST));
    socket.on('data', (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length < METADATA_BROKER_COUNT_AT + 4) return;
      if (answer.readInt32BE(METADATA_BROKER_COUNT_AT) > 0) end();
      else end(new Error('the controller answers, the broker is not registered yet'));
    });
    socket.once('timeout', () => end(new Error(`no answer within ${PROBE_MS_MAX / 1000} s`)));
    socket.once('error', end);
    socket.once('close', () => end(new Error('the connection was closed')));
  });
}

/** Size, API key 3, version 4, correlation id, client id, no topics, no topic creation. */
const METADATA_REQUEST = Buffer.from(
  '00000014' + '0003' + '0004' + '00000001' + '0005' + '737461636b' + '00000000' + '00',
  'hex',
);
/** After size, correlation id and throttle time. */
const METADATA_BROKER_COUNT_AT = 12;
