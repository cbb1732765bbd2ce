// `ledger doctor`: everything that the ledger rests on, looked at once, and what to do about what is not well.
import type { Redis } from '../../platform/redis.ts';
import { version } from '../version.ts';
import type { Check } from './check.ts';
import { attempt, warn } from './check.ts';
import { checkClock, checkFirstRecords, checkSchemaSubjects, checkTopicSettings } from './log-checks.ts';
import type { Accepted } from './offsets.ts';
import { acceptOffsets, checkOffsets } from './offsets.ts';
import type { Patient } from './patient.ts';
import type { ServerName } from './servers.ts';
import { checkServers } from './servers.ts';
import { checkTables } from './tables.ts';

export interface DoctorReport {
  /** Nothing failed; there may be warnings. */
  readonly ok: boolean;
  readonly checks: readonly Check[];
  /** Offsets that were set back, where that was asked for. */
  readonly accepted: readonly Accepted[];
  /** Kafka is absent: its protocol does not tell. */
  readonly versions: { readonly [part: string]: string };
  readonly ms: number;
}

export interface DoctorOptions extends Patient {
  readonly redis: Redis;
  readonly accept: boolean;
}

/** Checks after checks, each of which needs the servers that it names. */
const looks: readonly {
  about: string;
  needs: readonly ServerName[];
  look(patient: Patient): Promise<readonly Check[]>;
}[] = [
  { about: 'topics', needs: ['kafka'], look: checkTopicSettings },
  { about: 'schemas', needs: ['registry'], look: checkSchemaSubjects },
  { about: 'genesis', needs: ['kafka', 'registry'], look: checkFirstRecords },
  { about: 'offsets', needs: ['kafka', 'registry'], look: checkOffsets },
  { about: 'clock', needs: ['kafka'], look: checkClock },
  { about: 'tables', needs: ['postgres'], look: ({ pool }) => checkTables(pool) },
];

/** Looks at everything; never throws for what it finds. @throws the signal's reason when aborted */
export async function examine(options: DoctorOptions): Promise<DoctorReport> {
  const started = performance.now();
  const { signal } = options;
  const versions = new Map([
    ['ledger', version],
    ['node', process.version.slice(1)],
  ]);
  const servers = await checkServers(options, versions);
  const checks = [...servers.values()];
  let accepted: readonly Accepted[] = [];
  if (options.accept) {
    const advice = 'stop the writers, then ask again';
    const accept = async (): Promise<readonly Check[]> => {
      accepted = await acceptOffsets(options);
      return [];
    };
    checks.push(...(await attempt('--accept-offsets', advice, accept)));
  }
  for (const { about, needs, look } of looks) {
    signal.throwIfAborted();
    const away = needs.filter((name) => servers.get(name)?.status !== 'ok');
    if (away.length === 0) checks.push(...(await look(options)));
    else checks.push(warn(about, `not looked at: ${away.join(' and ')} must answer first`, null));
  }
  return {
    ok: checks.every(({ status }) => status !== 'fail'),
    checks,
    accepted,
    versions: Object.fromEntries(versions),
    ms: Math.round(performance.now() - started),
  };
}
