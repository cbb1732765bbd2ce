// The helpers that tests on real servers stand on, and that the servers of the stack are there.
import { describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { eventually, freePort, freshDatabase, servers, uniquePrefix } from './servers.ts';

const answerMsMax = 10_000;

describe('the stack', () => {
  test('has a Kafka that makes topics', async () => {
    const admin = new Kafka({ brokers: [...servers().kafkaBrokers], logLevel: logLevel.NOTHING }).admin();
    const topic = uniquePrefix('support');
    await admin.connect();
    try {
      await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] });
      await eventually(async () => (await admin.listTopics()).includes(topic), { withinMs: answerMsMax });
    } finally {
      await admin.disconnect();
    }
  });

  test('has a schema registry', async () => {
    const answer = await fetch(`${servers().schemaRegistryUrl}/subjects`, { signal: AbortSignal.timeout(answerMsMax) });
    expect(answer.status).toBe(200);
  });

  test('has a Redis', async () => {
    const redis = new Redis(servers().redisUrl, { connectTimeout: answerMsMax, commandTimeout: answerMsMax });
    try {
      await expect(redis.ping()).resolves.toBe('PONG');
    } finally {
      redis.disconnect();
    }
  });
});

describe('a fresh database', () => {
  test('is empty, is nobody else’s, and goes away with a client still connected', async () => {
    const [one, other] = await Promise.all([freshDatabase(), freshDatabase()]);
    const client = new pg.Client({ connectionString: one.url });
    // The server ends this connection when it drops the database; without a listener that would end the process. The
    // driver says it twice: what the server sent, and that the connection closed.
    const ended = new Promise<Error>((resolve) => client.on('error', resolve));
    await client.connect();
    const tables = await client.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'");
    expect(tables.rows).toEqual([]);
    expect(one.url).not.toBe(other.url);
    await Promise.all([one.drop(), other.drop()]);
    await expect(ended).resolves.toBeInstanceOf(Error);
    const again = new pg.Client({ connectionString: one.url });
    await expect(again.connect()).rejects.toThrow(/does not exist/);
  });
});

describe('a free port', () => {
  test('is one that can be taken', async () => {
    const port = await freePort();
    expect(port).toBeGreaterThan(0);
  });
});
