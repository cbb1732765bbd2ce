// Runs once before the tests on real servers: puts the addresses of a stack into the environment, which the test
// processes inherit. TEST_STACK_ENV names the env file (shell syntax) of a stack that runs already.
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

const needed = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'DATABASE_URL', 'REDIS_URL'] as const;

export default function globalSetup(): void {
  const envFile = process.env['TEST_STACK_ENV'];
  if (envFile === undefined || envFile === '') throw new Error('TEST_STACK_ENV does not name a running stack');
  const given = parseEnv(readFileSync(envFile, 'utf8'));
  for (const name of needed) {
    const value = given[name];
    if (value === undefined) throw new Error(`${envFile} does not say ${name}`);
    process.env[name] = value;
  }
}
