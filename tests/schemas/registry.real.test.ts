// The schema registry as a ledger uses it: prepared once, checked at every start, asked for what is unknown.
import { createServer } from 'node:net';
import { describe, expect, jest, test } from '@jest/globals';
import { createCodec } from '../../schemas/codec.ts';
import { commandNames, eventNames, released } from '../../schemas/generated.ts';
import { checkSchemas, fetchSchema, prepareSchemas } from '../../schemas/registry.ts';
import type { Topics } from '../../schemas/topics.ts';
import { subjectOf, topicsOf } from '../../schemas/topics.ts';
import { freePort, servers, uniquePrefix } from '../support/servers.ts';
import { samples } from './samples.ts';

jest.setTimeout(60_000);

describe('a registry that was prepared', () => {
  test('answers an id for every record type, the same each time, and its text can be fetched', async () => {
    const { url, topics } = given();
    const ids = await prepareSchemas(url, topics);
    expect([...ids.keys()].sort()).toEqual([...commandNames, ...eventNames].sort());
    expect(new Set(ids.values()).size).toBe(ids.size);
    expect(await prepareSchemas(url, topics)).toEqual(ids);
    expect(await checkSchemas(url, topics)).toEqual(ids);

    const bytes = createCodec(ids).encode(samples.get('OrderAccepted')?.full ?? fail());
    const other = createCodec(new Map());
    const unknown = other.decode(bytes);
    if (unknown.kind !== 'unknown_schema') throw new Error(`it is ${unknown.kind}`);
    other.learn(unknown.id, (await fetchSchema(url, unknown.id, 5_000)) ?? fail());
    expect(other.decode(bytes)).toEqual(createCodec(ids).decode(bytes));
  });

  test('holds every subject to all earlier versions: a field without a default is refused by name', async () => {
    const { url, topics } = given();
    await prepareSchemas(url, topics);
    const subject = subjectOf(topics.events, 'StockHeld');
    const changed = JSON.parse(released.find(({ name }) => name === 'StockHeld')?.schema ?? fail()) as {
      readonly fields: readonly object[];
    };
    const schema = { ...changed, fields: [...changed.fields, { name: 'warehouse', type: 'string' }] };
    const config = await fetch(`${url}/config/${subject}`);
    expect(await config.json()).toMatchObject({ compatibilityLevel: 'BACKWARD_TRANSITIVE' });
    expect((await post(url, subject, schema)).status).toBe(409);
  });
});

describe('a registry that was not prepared', () => {
  test('lacks schemas: the error names them and says what to do', async () => {
    const { url, topics } = given();
    const check = checkSchemas(url, topics);
    await expect(check).rejects.toMatchObject({ name: 'SchemaError' });
    await expect(check).rejects.toThrow(subjectOf(topics.commands, 'PlaceOrder'));
    await expect(check).rejects.toThrow('run `ledger prepare`');
  });

  test('gives a level to a subject that somebody made without one', async () => {
    const { url, topics } = given();
    const subject = subjectOf(topics.events, 'StockReleased');
    const ours = JSON.parse(released.find(({ name }) => name === 'StockReleased')?.schema ?? fail()) as object;
    expect((await post(url, subject, ours)).ok).toBe(true);
    await prepareSchemas(url, topics);
    const config = await fetch(`${url}/config/${subject}`);
    expect(await config.json()).toMatchObject({ compatibilityLevel: 'BACKWARD_TRANSITIVE' });
    expect((await checkSchemas(url, topics)).has('StockReleased')).toBe(true);
  });

  test('refuses to be prepared where a stranger holds the subject: the error says which, and what the registry said', async () => {
    const { url, topics } = given();
    const subject = subjectOf(topics.commands, 'CancelOrder');
    const strange = { type: 'record', name: 'CancelOrder', namespace: 'ledger', fields: [] };
    expect((await post(url, subject, strange)).ok).toBe(true);
    const prepare = prepareSchemas(url, topics);
    await expect(prepare).rejects.toMatchObject({ name: 'SchemaError' });
    await expect(prepare).rejects.toThrow(`${subject} refuses version 1: `);
  });

  test('does not know an id: null, which is no outage', async () => {
    const { url } = given();
    expect(await fetchSchema(url, 999_999, 5_000)).toBeNull();
  });
});

describe('a registry that is away', () => {
  test('is unavailable, whatever it is asked', async () => {
    const { topics } = given();
    const nobody = `http://127.0.0.1:${await freePort()}/apis/ccompat/v7`;
    const unavailable = { name: 'RegistryUnavailable' };
    await expect(fetchSchema(nobody, 1, 5_000)).rejects.toMatchObject(unavailable);
    await expect(checkSchemas(nobody, topics)).rejects.toMatchObject(unavailable);
    await expect(prepareSchemas(nobody, topics)).rejects.toMatchObject(unavailable);
  });

  test('and so is one that hears and does not answer, after the limit', async () => {
    const mute = createServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const address = mute.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const started = performance.now();
    const asked = fetchSchema(`http://127.0.0.1:${address.port}/`, 1, 300);
    await expect(asked).rejects.toMatchObject({ name: 'RegistryUnavailable' });
    expect(performance.now() - started).toBeLessThan(3_000);
    await new Promise((resolve) => mute.close(resolve));
  });
});

function given(): { readonly url: string; readonly topics: Topics } {
  return { url: servers().schemaRegistryUrl, topics: topicsOf(uniquePrefix('registry')) };
}

function post(url: string, subject: string, schema: object): Promise<Response> {
  return fetch(`${url}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: JSON.stringify(schema) }),
  });
}

function fail(): never {
  throw new Error('it is not there');
}
