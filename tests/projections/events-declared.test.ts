// A replay passes over what a projection does not declare: each declares every type that it makes changes of.
import { expect, test } from '@jest/globals';
import type { JournalEvent } from '../../projections/projection.ts';
import { shipped } from '../../projections/registry.ts';
import { eventNames } from '../../schemas/generated.ts';
import { createCodec } from '../../schemas/codec.ts';
import { samples } from '../schemas/samples.ts';

const codec = createCodec(new Map(eventNames.map((name, i) => [name, i + 1])));

function sampleOf(name: string): JournalEvent {
  const full = samples.get(name)?.full;
  if (full === undefined) throw new Error(`there is no sample of ${name}`);
  const decoded = codec.decode(codec.encode(full));
  if (decoded.kind !== 'event') throw new Error(`${name} is no event`);
  return { ...decoded.record, offset: 5, partition: 0 };
}

test.each(shipped.map(({ projection }) => [projection.name, projection] as const))('%s', (_name, projection) => {
  const looked = eventNames.filter((name) => projection.project(sampleOf(name)).length > 0);
  expect(looked.length).toBeGreaterThan(0);
  if (projection.events !== undefined) expect([...projection.events].sort()).toEqual([...looked].sort());
});

test('the head of every event is that of the whole event', () => {
  for (const name of eventNames) {
    const full = samples.get(name)?.full;
    if (full === undefined) throw new Error(`there is no sample of ${name}`);
    const bytes = codec.encode(full);
    const { command_offset, index, count, sent, at } = sampleOf(name).meta;
    const schemaId = eventNames.indexOf(name) + 1;
    expect(codec.head(bytes)).toEqual({ type: name, schemaId, command_offset, index, count, sent, at });
  }
  expect(codec.head(Buffer.from('no record'))).toBeNull();
});
