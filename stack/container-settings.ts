// Image, environment and command of each server as a container. docker-compose.yml says the same in its own words, and
// tests/stack/compose.test.ts compares the two.
import type { Passwords } from './server.ts';
import { SINGLE_NODE_SETTINGS } from './servers/kafka.ts';
import { LOCALE_FLAGS } from './servers/postgres.ts';
import { REDIS_SETTINGS } from './servers/redis.ts';

export interface ContainerSettings {
  readonly image: string;
  /** Port on which clients outside of the containers' network are served. */
  readonly containerPort: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

/** Kafka names itself twice: to its neighbours as kafka:19092, to this machine by the published port. */
export function kafkaContainer(publishedPort: number | string): ContainerSettings {
  const single = Object.entries(SINGLE_NODE_SETTINGS).map(
    ([name, value]) => [`KAFKA_${name.replaceAll('.', '_').toUpperCase()}`, String(value)] as const,
  );
  return {
    image: 'apache/kafka:4.3.1',
    containerPort: 9092,
    environment: {
      CLUSTER_ID: 'b3JkZXItbGVkZ2VyLWthZg',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_NODE_ID: '1',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_INTER_BROKER_LISTENER_NAME: 'INTERNAL',
      KAFKA_LISTENERS: 'HOST://0.0.0.0:9092,INTERNAL://0.0.0.0:19092,CONTROLLER://localhost:9093',
      KAFKA_ADVERTISED_LISTENERS: `HOST://127.0.0.1:${publishedPort},INTERNAL://kafka:19092`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'HOST:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_LOG_DIRS: '/var/lib/kafka/data',
      KAFKA_HEAP_OPTS: '-Xms256m -Xmx1g',
      ...Object.fromEntries(single),
    },
    command: [],
  };
}

export function registryContainer(): ContainerSettings {
  return {
    image: 'apicurio/apicurio-registry:3.0.9',
    containerPort: 8080,
    environment: {
      APICURIO_STORAGE_KIND: 'kafkasql',
      APICURIO_KAFKASQL_BOOTSTRAP_SERVERS: 'kafka:19092',
      APICURIO_KAFKASQL_CONSUMER_POLL_TIMEOUT: '500',
    },
    command: [],
  };
}

export function postgresContainer(passwords: Pick<Passwords, 'postgres'>): ContainerSettings {
  return {
    image: 'postgres:18.6',
    containerPort: 5432,
    environment: {
      POSTGRES_PASSWORD: passwords.postgres,
      POSTGRES_INITDB_ARGS: LOCALE_FLAGS.join(' '),
      TZ: 'UTC',
    },
    command: ['postgres', '-c', 'max_connections=200'],
  };
}

/** It runs our own sources, which the tests mount into the image that the service is built from. */
export function gatewayContainer(passwords: Pick<Passwords, 'gateway'>): ContainerSettings {
  return {
    image: 'node:24-bookworm-slim',
    containerPort: 8090,
    environment: {
      GATEWAY_HOST: '0.0.0.0',
      GATEWAY_PORT: '8090',
      GATEWAY_DIR: '/var/lib/gateway',
      GATEWAY_SECRET: passwords.gateway,
    },
    command: ['node', '/app/stack/gateway/main.ts'],
  };
}

export function redisContainer(): ContainerSettings {
  const flags = Object.entries(REDIS_SETTINGS).flatMap(([name, value]) => [`--${name}`, value]);
  return { image: 'redis:7.4.2-alpine', containerPort: 6379, environment: {}, command: ['redis-server', ...flags] };
}
