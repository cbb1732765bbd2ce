// Redis with its append-only file: claims and leaderboards survive a restart, and nothing is ever evicted.
import { Redis } from 'ioredis';
import type { ServerDefinition } from '../server.ts';

const PROBE_MS_MAX = 1_000;

/** Whether it is a process or a container. */
export const REDIS_SETTINGS: Readonly<Record<string, string>> = {
  appendonly: 'yes',
  appendfsync: 'everysec',
  save: '',
  maxmemory: '512mb',
  'maxmemory-policy': 'noeviction',
};

export const redis: ServerDefinition = {
  name: 'redis',
  prepare: () => Promise.resolve(),
  command: ({ home, ports, dataDir }) => ({
    file: home.redisServer,
    args: Object.entries({
      port: ports.redis,
      bind: '127.0.0.1',
      dir: dataDir,
      ...REDIS_SETTINGS,
      daemonize: 'no',
      // Keeps the command line that it was started with, so that a person sees whose it is.
      'set-proc-title': 'no',
    }).flatMap(([name, value]) => [`--${name}`, String(value)]),
  }),
  probe: ({ ports }) => askRedis(ports.redis),
  startMsMax: 20_000,
};

export async function askRedis(port: number): Promise<void> {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    lazyConnect: true,
    connectTimeout: PROBE_MS_MAX,
    commandTimeout: PROBE_MS_MAX,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: () => null,
  });
  // The failure is heard through the promise; without a listener it would be printed as well.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.ping();
  } finally {
    client.disconnect();
  }
}
