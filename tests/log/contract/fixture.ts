// A broker under test, and the small steps that every part of the contract takes.
import { expect } from '@jest/globals';
import type { Appender, Log, LogRecord, OutgoingRecord } from '../../../src/log/port.ts';
import { LogError } from '../../../src/log/port.ts';

/** A record that only a stranger could have written. */
export interface StrangeRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: { readonly [name: string]: Buffer | Buffer[] };
}

/** A broker under test. */
export interface LogFixture {
  /** Connects another client. The fixture closes it. */
  open(): Log;
  /** Makes an empty topic that uses broker time. */
  topic(partitions: number): Promise<string>;
  /** Appends past the port. */
  append(topic: string, partition: number, records: readonly StrangeRecord[]): Promise<void>;
  /** Leaves an offset without a record at the end of a partition. */
  hole(topic: string, partition: number): Promise<void>;
  close(): Promise<void>;
}

/** How long a condition may take to come true, and a test that waits for the group, ms. */
export const withinMs = 20_000;
export const testMs = 60_000;

export async function setUp(
  fixture: LogFixture,
  partitions: number,
): Promise<{ readonly log: Log; readonly topic: string; readonly appender: Appender }> {
  const topic = await fixture.topic(partitions);
  const log = fixture.open();
  return { log, topic, appender: await log.openAppender() };
}

export async function append(
  appender: Appender,
  topic: string,
  partition: number,
  records: readonly OutgoingRecord[],
): Promise<{ readonly baseOffset: number; readonly at: number }> {
  const landed = (await appender.append(topic, new Map([[partition, records]]))).get(partition);
  if (landed === undefined) throw new Error(`partition ${partition} is missing in the answer`);
  return landed;
}

export async function readAll(log: Log, topic: string, partition: number, to: number, from = 0): Promise<LogRecord[]> {
  const read: LogRecord[] = [];
  await log.read({ topic, partition, from, to }, (records) => {
    read.push(...records);
  });
  return read;
}

export async function expectCode(code: string, work: Promise<unknown>): Promise<void> {
  const error: unknown = await work.then(
    () => new Error('it went well'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LogError);
  expect(error).toMatchObject({ code });
}

export async function nextTurns(turns: number): Promise<void> {
  for (let i = 0; i < turns; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

export function text(value: string): OutgoingRecord {
  return { key: 'k', value: Buffer.from(value) };
}

export function valueOf({ value, hole }: LogRecord): string {
  return hole ? 'hole' : Buffer.from(value ?? []).toString();
}

export function plain({ offset, key, value, headers }: LogRecord): object {
  const hex = Object.entries(headers).map(
    ([name, bytes]) => [name, Buffer.from(bytes as Uint8Array).toString('hex')] as const,
  );
  return {
    offset,
    key: key === null ? null : Buffer.from(key).toString(),
    value: value === null ? null : Buffer.from(value).toString('hex'),
    headers: Object.fromEntries(hex) as object,
  };
}
