// What every adapter of the log must do, asserted through the port alone: one suite, run on memory and on Kafka.
import { afterAll, beforeAll, describe, jest } from '@jest/globals';
import { appending, refusing } from './contract/appending.ts';
import type { LogFixture } from './contract/fixture.ts';
import { testMs } from './contract/fixture.ts';
import { following } from './contract/following.ts';
import { reading } from './contract/reading.ts';
import { ending, sharing } from './contract/sharing.ts';

export type { LogFixture, StrangeRecord } from './contract/fixture.ts';

/** Runs the suite on a kind of log. */
export function logContract(name: string, makeFixture: () => Promise<LogFixture>): void {
  // A rebalance of a real group takes seconds.
  jest.setTimeout(testMs);
  let fixture: LogFixture;
  beforeAll(async () => {
    fixture = await makeFixture();
  }, testMs);
  afterAll(() => fixture.close(), testMs);
  const given = (): LogFixture => fixture;

  describe(`${name}: appending`, () => appending(given));
  describe(`${name}: what cannot be appended`, () => refusing(given));
  describe(`${name}: reading a range`, () => reading(given));
  describe(`${name}: following`, () => following(given));
  describe(`${name}: sharing a topic`, () => sharing(given));
  describe(`${name}: stored offsets and closing`, () => ending(given));
}
