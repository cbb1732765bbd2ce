// Apicurio Registry with its Confluent API; it keeps the schemas in a topic of the stack's Kafka.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { registryUrl } from '../environment.ts';
import type { Ports, ServerDefinition } from '../server.ts';

const PROBE_MS_MAX = 2_000;

export const registry: ServerDefinition = {
  name: 'registry',
  prepare: async ({ dataDir }) => {
    await mkdir(join(dataDir, 'tmp'), { recursive: true });
  },
  command: ({ home, ports, dataDir, javaFlags }) => ({
    file: home.java,
    args: [
      '-Xms64m',
      '-Xmx512m',
      // Few requests, so a quick start counts for more than peak speed.
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-XX:-UsePerfData',
      '-Djava.util.logging.manager=org.jboss.logmanager.LogManager',
      `-Djava.io.tmpdir=${dataDir}/tmp`,
      '-Dquarkus.http.access-log.enabled=false',
      '-Dquarkus.http.host=127.0.0.1',
      `-Dquarkus.http.port=${ports.registry}`,
      ...javaFlags,
      '-jar',
      home.registryJar,
    ],
    env: {
      APICURIO_STORAGE_KIND: 'kafkasql',
      APICURIO_KAFKASQL_BOOTSTRAP_SERVERS: `127.0.0.1:${ports.kafka}`,
      // How long it waits at start for a snapshot; without one it reads its journal from the beginning.
      APICURIO_KAFKASQL_CONSUMER_POLL_TIMEOUT: '500',
    },
  }),
  probe: ({ ports }) => askRegistry(ports),
  startMsMax: 90_000,
};

/** Its own word first: it answers questions, from an empty store, before it has read its journal to the end. */
export async function askRegistry(ports: Pick<Ports, 'registry'>): Promise<void> {
  for (const url of [new URL('/health/ready', registryUrl(ports)).href, `${registryUrl(ports)}/subjects`]) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PROBE_MS_MAX) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`GET ${url} answered ${answer.status}: ${text.slice(0, 200)}`);
  }
}
