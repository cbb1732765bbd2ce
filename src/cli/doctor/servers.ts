// The doctor at the four servers: whether each answers, how fast, and what it is.
import { once } from 'node:events';
import type { Pool } from 'pg';
import type { GroupAdmin } from '../../log/kafka/group-admin.ts';
import type { Config } from '../../platform/config.ts';
import type { Redis } from '../../platform/redis.ts';
import { withoutSecrets } from '../secrets.ts';
import type { Check } from './check.ts';
import { attempt, ok } from './check.ts';

export const serverNames = ['kafka', 'registry', 'postgres', 'redis'] as const;
export type ServerName = (typeof serverNames)[number];

export interface Servers {
  readonly config: Config;
  readonly groups: GroupAdmin;
  readonly pool: Pool;
  readonly redis: Redis;
}

/** Asks all four at once. `versions` has what those said that answered. */
export async function checkServers(
  servers: Servers,
  versions: Map<string, string>,
): Promise<ReadonlyMap<ServerName, Check>> {
  const { config } = servers;
  const asked: { readonly [name in ServerName]: readonly [variable: string, url: string, ask: () => Promise<string>] } =
    {
      kafka: ['KAFKA_BROKERS', config.kafkaBrokers.join(','), () => askKafka(servers)],
      registry: ['SCHEMA_REGISTRY_URL', config.schemaRegistryUrl, () => askRegistry(config)],
      postgres: ['DATABASE_URL', config.databaseUrl, () => askPostgres(servers, versions)],
      redis: ['REDIS_URL', config.redisUrl, () => askRedis(servers, versions)],
    };
  const checks = serverNames.map(async (name) => {
    const [variable, url, ask] = asked[name];
    const advice = `start it (make up), or correct ${variable}, which is ${withoutSecrets(url)}`;
    const started = performance.now();
    const [check] = await attempt(name, advice, async () => {
      const said = await ask();
      return [ok(name, `answers in ${Math.round(performance.now() - started)} ms${said === '' ? '' : `: ${said}`}`)];
    });
    return check === undefined ? [] : [[name, check] as const];
  });
  return new Map((await Promise.all(checks)).flat());
}

/** Its protocol does not tell clients a version. */
async function askKafka({ groups }: Servers): Promise<string> {
  const { id, brokers } = await groups.cluster();
  return `cluster ${id}, ${brokers} ${brokers === 1 ? 'broker' : 'brokers'}`;
}

async function askRegistry({ schemaRegistryUrl, kafkaRequestTimeoutMs }: Config): Promise<string> {
  const url = `${schemaRegistryUrl.replace(/\/$/, '')}/subjects`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(kafkaRequestTimeoutMs) }).catch((error: unknown) => {
    // fetch says what failed only in the cause.
    throw error instanceof Error && error.cause instanceof Error ? error.cause : error;
  });
  const subjects: unknown = await answer.json();
  if (!answer.ok || !Array.isArray(subjects)) throw new Error(`GET ${url} answers ${answer.status}`);
  return `${subjects.length} subjects`;
}

async function askPostgres({ pool }: Servers, versions: Map<string, string>): Promise<string> {
  const { rows } = await pool.query<{ version: string }>(`SELECT current_setting('server_version') AS version`);
  versions.set('postgres', rows[0]?.version ?? '');
  return versions.get('postgres') ?? '';
}

async function askRedis({ redis, config }: Servers, versions: Map<string, string>): Promise<string> {
  if (redis.status !== 'ready') await once(redis, 'ready', { signal: AbortSignal.timeout(config.postgresTimeoutMs) });
  const version = /^redis_version:(.*)$/m.exec(await redis.info('server'))?.[1]?.trim() ?? '';
  versions.set('redis', version);
  return version;
}
