// The five servers by name.
import type { ServerDefinition, ServerName } from '../server.ts';
import { gateway } from './gateway.ts';
import { kafka } from './kafka.ts';
import { postgres } from './postgres.ts';
import { redis } from './redis.ts';
import { registry } from './registry.ts';

export const definitions: Readonly<Record<ServerName, ServerDefinition>> = {
  kafka,
  registry,
  postgres,
  redis,
  gateway,
};
