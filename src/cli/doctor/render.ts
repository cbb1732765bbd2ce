// How the doctor's report is shown to people: a line for each thing, what to do below it, the verdict last.
import { table } from '../table.ts';
import type { DoctorReport } from './doctor.ts';

export function renderDoctor({ checks, accepted, versions, ms }: DoctorReport): readonly string[] {
  const lines = table(checks.map(({ status, about, text }) => [status, about, text]));
  const shown = checks.flatMap(({ advice }, i) => [lines[i] ?? '', ...(advice === null ? [] : [`      -> ${advice}`])]);
  const taken = accepted.map(
    ({ partition, was, now }) =>
      `partition ${partition}: the group's offset was ${was}; the journal says ${now}, and that is what it is now`,
  );
  const known = Object.entries(versions).map(([part, version]) => `${part} ${version}`);
  const count = (status: string): number => checks.filter((check) => check.status === status).length;
  const verdict = [
    ...(count('fail') > 0 ? [`${count('fail')} to repair`] : []),
    ...(count('warn') > 0 ? [`${count('warn')} to look at`] : []),
  ];
  return [
    ...taken,
    ...shown,
    `versions: ${known.join(', ')}`,
    `${verdict.length === 0 ? 'all is well' : verdict.join(', ')} (${ms} ms)`,
  ];
}
