// How a writer takes a partition over: it reads the journal to its end and checks that the commands topic and the
// group's offset agree with what it found. What disagrees is read again for a while before it is an alarm.
import { LedgerAlarm } from './alarm.ts';
import type { PartitionJournal } from './partition-journal.ts';
import type { Log, LogRecord, Pace } from './port.ts';
import type { Reading } from './reading.ts';

export interface RecoveryOptions<S> {
  readonly log: Log;
  readonly journal: PartitionJournal<S>;
  readonly commandsTopic: string;
  readonly group: string;
  readonly reading: Reading;
  readonly pace: Pace;
  /** How long to read again before an inconsistency is an alarm, ms. */
  readonly alarmRereadMs: number;
}

const rereadEveryMs = 250;

/**
 * Brings a journal up to its end and answers the offset of the next command to decide.
 * @throws LedgerAlarm when the log is not what was written; LogError when the broker is away
 */
export async function recover<S>(options: RecoveryOptions<S>, signal: AbortSignal): Promise<number> {
  const { pace } = options;
  // Counted from the first finding: to read the journal may itself take longer than that.
  let deadline: number | null = null;
  for (;;) {
    signal.throwIfAborted();
    // The group's offset is read first: a writer that is ahead of us can then only make the journal longer.
    const committed = (await options.log.committed(options.group, options.commandsTopic)).get(
      options.journal.partition,
    );
    const alarm = await catchUp(options.journal, signal);
    const finding = alarm ?? (await inconsistency(options, committed, signal));
    if (finding === null) return options.journal.progress() + 1;
    deadline ??= pace.now() + options.alarmRereadMs;
    if (pace.now() >= deadline) throw finding;
    await pace.sleep(rereadEveryMs, signal);
  }
}

/** A journal that ends inside a command, or before its known end, may be an old view of the broker: read again. */
async function catchUp<S>(journal: PartitionJournal<S>, signal: AbortSignal): Promise<LedgerAlarm | null> {
  try {
    await journal.catchUp(signal);
    return null;
  } catch (error) {
    if (error instanceof LedgerAlarm && (error.code === 'journal_shrank' || error.code === 'journal_broken'))
      return error;
    throw error;
  }
}

async function inconsistency<S>(
  options: RecoveryOptions<S>,
  committed: number | undefined,
  signal: AbortSignal,
): Promise<LedgerAlarm | null> {
  const { journal, log, commandsTopic } = options;
  const next = journal.progress() + 1;
  const { partition } = journal;
  if (committed !== undefined && committed > next) {
    const text = `the group's offset is ${committed}, but the journal knows of commands below ${next} only: its tail may be cut; see ledger doctor`;
    return new LedgerAlarm('offset_beyond_journal', partition, text);
  }
  const ends = (await log.ends(commandsTopic)).get(partition);
  if (ends === undefined || ends.low > next || ends.high < next) {
    const range = ends === undefined ? 'no such partition' : `commands ${ends.low} to ${ends.high - 1}`;
    const text = `command ${next} is next, but the commands topic holds ${range}`;
    return new LedgerAlarm('commands_lost', partition, text);
  }
  return ends.low < next ? divergence(options, next - 1, signal) : null;
}

/** Whether the last decided command is still the one that lies at its offset. */
async function divergence<S>(
  options: RecoveryOptions<S>,
  offset: number,
  signal: AbortSignal,
): Promise<LedgerAlarm | null> {
  const { journal, log, reading, commandsTopic: topic } = options;
  const last = journal.last();
  if (last === null) return null;
  const { partition } = journal;
  const found: LogRecord[] = [];
  await log.read({ topic, partition, from: offset, to: offset + 1 }, (records) => void found.push(...records), signal);
  const record = found.find((candidate) => candidate.offset === offset);
  const diverged = (why: string): LedgerAlarm =>
    new LedgerAlarm('history_diverged', partition, `command ${offset} was decided, but ${why} lies at its offset`);
  if (record === undefined) return last.reason === 'no_record' ? null : diverged('no record');
  const read = await reading.command(partition, record, signal);
  const isPoison = last.reason === 'poison';
  if (read.kind === 'poison') return isPoison ? null : diverged('something that is no command');
  if (isPoison || last.reason === 'no_record') return diverged(`command_id ${read.record.meta.command_id}`);
  if (read.record.meta.command_id !== last.command_id) return diverged(`command_id ${read.record.meta.command_id}`);
  // Log time never runs backwards, so a command that is younger than its outcome is another one.
  return record.at > last.at ? diverged('a younger record') : null;
}
