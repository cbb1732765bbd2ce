// What two looks at a ledger tell, and how it is shown.
import { expect, test } from '@jest/globals';
import type { Look, PartitionLook } from '../../src/cli/status/look.ts';
import { rangesOf, renderStatus } from '../../src/cli/status/render.ts';
import { compareLooks } from '../../src/cli/status/status.ts';

const at = Date.UTC(2026, 10, 21, 10);

function partition(n: number, more: Partial<PartitionLook> = {}): PartitionLook {
  const projected = new Map([['stock', 30]]);
  return { partition: n, commands: 10, decided: 10, events: 30, projected, error: null, ...more };
}

const one = { clientId: 'ledger-11111111-1111', host: '10.0.0.1', partitions: [0] };
const two = { clientId: 'ledger-22222222-2222', host: '10.0.0.2', partitions: [1] };
const before: Look = {
  at,
  members: {
    api: [{ ...one, partitions: [0, 1] }],
    writer: [one, two],
    projector: [{ ...two, partitions: [0, 1] }],
    workers: [one],
  },
  partitions: [partition(0), partition(1)],
  postgres: null,
};

test('figures are those of the second look, rates are between the two', () => {
  const now: Look = {
    ...before,
    at: at + 2_000,
    partitions: [partition(0, { commands: 25, decided: 20, events: 70 }), partition(1)],
  };
  const { processes, partitions, trouble, interval_ms } = compareLooks(before, now, null);
  expect(interval_ms).toBe(2_000);
  expect(partitions[0]).toEqual({
    partition: 0,
    writer: one.clientId,
    projector: two.clientId,
    commands: 25,
    undecided: 5,
    commands_per_s: 7.5,
    events: 70,
    events_per_s: 20,
    lag: { stock: 40 },
    error: null,
  });
  expect(processes).toEqual([
    { client_id: one.clientId, host: one.host, roles: { api: [0, 1], writer: [0], workers: [0] } },
    { client_id: two.clientId, host: two.host, roles: { writer: [1], projector: [0, 1] } },
  ]);
  expect(trouble).toEqual([]);
});

test('partitions that nobody owns, a journal that does not tell, and a Postgres that is away are trouble', () => {
  const members = { ...before.members, writer: [one], projector: [] };
  const error = 'partition 1: the event at offset 3 cannot be read';
  const partitions = [partition(0), partition(1, { decided: null, error, projected: new Map() })];
  const report = compareLooks(before, { ...before, members, partitions, postgres: 'connection refused' }, null);
  expect(report.trouble).toEqual([
    'no writer owns partition 1',
    'no projector is running',
    error,
    'postgres: connection refused',
  ]);
  expect(report.partitions[1]).toMatchObject({ undecided: null, lag: {}, writer: null });
  expect(renderStatus(report).join('\n')).toMatch(/^1 +- +10 +\? +0\.0 +30 +0\.0 +\?$/m);
});

test('people see processes, partitions, what the service says, and trouble last', () => {
  const service = {
    url: 'http://x',
    status: 'degraded',
    services: { kafka: 'up' },
    roles: { writer: 'stopped' },
    last_errors: { writer: { at: '2026-11-21T09:59:00.000Z', message: 'the journal shrank' } },
  };
  const lines = renderStatus({ ...compareLooks(before, before, service), trouble: ['no writer is running'] });
  expect(lines).toEqual([
    '2026-11-21T10:00:00.000Z',
    '',
    'process          host      api  writer  projector  workers',
    'ledger-11111111  10.0.0.1  0-1  0       -          0',
    'ledger-22222222  10.0.0.2  -    1       0-1        -',
    '',
    'partition  writer           commands  undecided  per s  events  per s  behind: stock',
    '0          ledger-11111111  10        0          0.0    30      0.0    0',
    '1          ledger-22222222  10        0          0.0    30      0.0    0',
    '',
    'http://x says: degraded (kafka up, writer stopped)',
    '  last error of writer, 2026-11-21T09:59:00.000Z: the journal shrank',
    '',
    '! no writer is running',
  ]);
});

test.each([
  [undefined, '-'],
  [[], 'none'],
  [[3], '3'],
  [[5, 0, 1, 2, 3, 7, 8], '0-3,5,7-8'],
])('the partitions %j are shown as %s', (partitions, shown) => {
  expect(rangesOf(partitions)).toBe(shown);
});
