// The doctor at the offsets: the journal is the truth about which commands are decided. An offset of the writers' group
// that lies beyond it is evidence of a journal that was cut, and stops the partition until somebody accepts it.
import { LedgerAlarm } from '../../log/alarm.ts';
import { isWhole } from '../../log/journal.ts';
import type { Ends } from '../../log/port.ts';
import { lastEvent } from '../../log/progress.ts';
import { realPace } from '../../platform/pace.ts';
import { groupsOf } from '../groups.ts';
import { messageOf } from '../message.ts';
import type { Check } from './check.ts';
import { attempt, fail, ok, warn } from './check.ts';
import type { Patient } from './patient.ts';

/** What is known of one partition. */
interface Standing {
  readonly partition: number;
  /** The command that is next by the journal; null where it cannot be told. */
  readonly next: number | null;
  /** Why it cannot be told, or what is wrong at the journal's end. */
  readonly fault: string | null;
  /** The group's offset, where it has one. */
  readonly committed: number | undefined;
  readonly commands: Ends;
}

/** An offset that was set back to what the journal says. */
export interface Accepted {
  readonly partition: number;
  readonly was: number;
  readonly now: number;
}

/** For the group to take the offsets, ms. */
const takenMsMax = 10_000;
const retryMs = 100;
const none: Ends = { low: 0, high: 0 };
const restoreAdvice =
  'the log was cut: restore it from a copy; where there is none, or somebody moved the offset: ledger doctor --accept-offsets';

/** Compares journal, commands and the group's offsets, and looks for writers. */
export function checkOffsets(patient: Patient): Promise<readonly Check[]> {
  return attempt('offsets', null, async () => {
    const standings = await readStandings(patient);
    const wrong = standings.flatMap(wrongOf);
    const undecided = standings.reduce((sum, { next, commands }) => sum + Math.max(0, commands.high - (next ?? 0)), 0);
    const fine = `they agree with the journal in all ${standings.length} partitions; ${undecided} commands are undecided`;
    return [...(wrong.length > 0 ? wrong : [ok('offsets', fine)]), await checkWriters(patient)];
  });
}

async function checkWriters(patient: Patient): Promise<Check> {
  const members = await writersOf(patient);
  if (members.length === 0)
    return warn('writers', 'none is running: nothing is decided', 'ledger serve --roles writer');
  const owned = members.flatMap(({ partitions }) => partitions).length;
  return ok('writers', `${members.length} of them own ${owned} of ${patient.config.partitions} partitions`);
}

/**
 * Sets the group's offsets that lie beyond the journal back to it.
 * @throws Error while a writer runs, because it would commit its own, and when the offsets were not taken
 */
export async function acceptOffsets(patient: Patient): Promise<readonly Accepted[]> {
  const beyond = (await readStandings(patient)).flatMap(({ partition, next, committed }) =>
    next !== null && committed !== undefined && committed > next ? [{ partition, was: committed, now: next }] : [],
  );
  if (beyond.length === 0) return [];
  const members = await writersOf(patient);
  if (members.length > 0) {
    const who = members.map(({ clientId, host }) => `${clientId} at ${host}`).join(', ');
    throw new Error(`offsets can be accepted only while no writer runs; stop ${who} first`);
  }
  await commit(patient, beyond);
  return beyond;
}

/** As the only member of the group, whose offsets nobody else then sets. */
async function commit({ log, topics, config, signal }: Patient, accepted: readonly Accepted[]): Promise<void> {
  const ends = await log.ends(topics.commands);
  const troubles: string[] = [];
  const group = groupsOf(config.topicPrefix).writer;
  const member = await log.follow({
    topic: topics.commands,
    group,
    assignment: 'shared',
    start: (partition) => Promise.resolve(ends.get(partition)?.high ?? 0),
    deliver: () => undefined,
    lost: () => undefined,
    trouble: (error) => void troubles.push(error.message),
  });
  const untaken = async (): Promise<readonly Accepted[]> => {
    const stored = await log.committed(group, topics.commands);
    return accepted.filter(({ partition, now }) => stored.get(partition) !== now);
  };
  try {
    const deadline = performance.now() + takenMsMax;
    // A member that has only just joined drops what it commits without a word, so what is stored is what counts.
    for (let left = accepted; left.length > 0; left = await untaken()) {
      if (performance.now() > deadline) throw notTaken(left, troubles);
      for (const { partition, now } of left) await member.commit(partition, now);
      await realPace.sleep(retryMs, signal);
      signal.throwIfAborted();
    }
  } finally {
    await member.stop();
  }
}

function notTaken(left: readonly Accepted[], troubles: readonly string[]): Error {
  const which = left.map(({ partition }) => partition).join(', ');
  return new Error(`the offsets of partitions ${which} were not taken: ${troubles.join('; ') || 'somebody sets them'}`);
}

async function writersOf({ groups, topics, config }: Patient) {
  const group = groupsOf(config.topicPrefix).writer;
  return (await groups.members([group], topics.commands)).get(group) ?? [];
}

async function readStandings(patient: Patient): Promise<readonly Standing[]> {
  const { log, topics, config } = patient;
  // In this order: a writer can only make the journal longer than what the group says.
  const committed = await log.committed(groupsOf(config.topicPrefix).writer, topics.commands);
  const journal = await log.ends(topics.events);
  const commands = await log.ends(topics.commands);
  const standings = [...journal].map(async ([partition, ends]) => ({
    partition,
    committed: committed.get(partition),
    commands: commands.get(partition) ?? none,
    ...(await readNext(patient, partition, ends)),
  }));
  return Promise.all(standings);
}

async function readNext(
  { log, topics, reading, signal }: Patient,
  partition: number,
  ends: Ends,
): Promise<Pick<Standing, 'next' | 'fault'>> {
  try {
    const last = await lastEvent({ log, topic: topics.events, reading }, partition, ends, signal);
    if (last === null) return { next: null, fault: 'the journal has no event that counts' };
    const next = last.meta.command_offset + 1;
    // A writer appends whole commands, and one that is half there is no writer's doing.
    return isWhole(last.meta) ? { next, fault: null } : { next, fault: `the journal ends inside command ${next - 1}` };
  } catch (error) {
    if (error instanceof LedgerAlarm) return { next: null, fault: messageOf(error) };
    throw error;
  }
}

function wrongOf({ partition, next, fault, committed, commands }: Standing): readonly Check[] {
  const about = `partition ${partition}`;
  const faults =
    fault === null ? [] : [fail(about, fault, 'see ledger audit; the journal must be restored from a copy')];
  if (next === null) return faults;
  if (committed !== undefined && committed > next) {
    const text = `the group's offset is ${committed}, but the journal knows of commands below ${next} only: a writer stops here`;
    return [...faults, fail(about, text, restoreAdvice)];
  }
  if (commands.low > next || commands.high < next) {
    const text = `command ${next} is next, but the commands topic holds ${commands.low} to ${commands.high - 1}: a writer stops here`;
    return [...faults, fail(about, text, 'the commands topic was cut: restore it from a copy')];
  }
  return faults;
}
