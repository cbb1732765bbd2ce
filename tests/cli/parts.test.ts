// A registry that has just started answers, and does not know yet what was registered: what a record is cannot be told
// from that, so it is waited for like one that does not answer at all.
import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { released } from '../../schemas/generated.ts';
import { createRecordParts } from '../../src/cli/parts.ts';
import { readConfig } from '../../src/platform/config.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { codec, create, noon } from '../log/fixture.ts';

const [newest, other, nowhere] = [7, 3, 5];
const schema = released.find(({ name }) => name === 'CreateProduct')?.schema ?? '';
let knows: readonly number[] = [];
let asked = 0;

const registry = createServer((request, response) => {
  asked += 1;
  const id = Number(/\d+$/.exec(request.url ?? '')?.[0]);
  // It has read its own log to the end by the fifth question.
  const known = asked > 4 && knows.includes(id);
  response.writeHead(known ? 200 : 404, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
  response.end(JSON.stringify(known ? { schema } : { error_code: 40403, message: 'Schema not found' }));
});

beforeAll(() => new Promise<void>((listening) => void registry.listen(0, '127.0.0.1', listening)));
afterAll(() => void registry.close());

/** Reads a command that was written under `id` with the registry's help. */
async function read(id: number) {
  asked = 0;
  const address = registry.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const config = readConfig({ SCHEMA_REGISTRY_URL: `http://127.0.0.1:${port}` });
  const { reading } = createRecordParts(config, createLogger({ logLevel: 'silent' }), new Map([['Newest', newest]]));
  const value = Buffer.from(codec.encode(create(1, 'apple', 3)));
  value.writeUInt32BE(id, 1);
  return reading.command(0, { offset: 0, at: noon, key: null, value, headers: {}, hole: false });
}

test('a schema that the registry learns of later is waited for', async () => {
  knows = [newest, other];
  expect((await read(other)).kind).toBe('command');
});

test('a schema that is missing while the newest one is known is missing', async () => {
  knows = [newest];
  expect(await read(nowhere)).toMatchObject({ kind: 'poison', why: 'schema id 5 is not registered' });
});
