// What the doctor's report looks like to people.
import { expect, test } from '@jest/globals';
import type { DoctorReport } from '../../src/cli/doctor/doctor.ts';
import { fail, ok, warn } from '../../src/cli/doctor/check.ts';
import { renderDoctor } from '../../src/cli/doctor/render.ts';

const well: DoctorReport = {
  ok: true,
  checks: [ok('kafka', 'answers in 3 ms')],
  accepted: [],
  versions: { ledger: '1.2.3', node: '24.0.0' },
  ms: 12,
};

test('one line a thing, its advice below it, the verdict last', () => {
  const checks = [...well.checks, warn('writers', 'none is running', 'start one'), fail('tables', 'none', 'prepare')];
  expect(renderDoctor({ ...well, ok: false, checks })).toEqual([
    'ok    kafka    answers in 3 ms',
    'warn  writers  none is running',
    '      -> start one',
    'fail  tables   none',
    '      -> prepare',
    'versions: ledger 1.2.3, node 24.0.0',
    '1 to repair, 1 to look at (12 ms)',
  ]);
  expect(renderDoctor(well).at(-1)).toBe('all is well (12 ms)');
});

test('offsets that were accepted are told with both values', () => {
  expect(renderDoctor({ ...well, accepted: [{ partition: 3, was: 57, now: 41 }] })[0]).toBe(
    "partition 3: the group's offset was 57; the journal says 41, and that is what it is now",
  );
});
