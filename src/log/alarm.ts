// What stops a partition: evidence that the log is not what was written, or that this release must not go on.

/**
 * - `journal_shrank`: the journal ends before an offset that was already read or written.
 * - `journal_broken`: counted records are not dense, or do not begin with genesis.
 * - `wrong_ledger`: the genesis event is of another ledger or another partition count.
 * - `offset_beyond_journal`: the group's offset says that commands were decided of which the journal knows nothing.
 * - `commands_lost`: the commands topic does not hold the commands that are still to be decided.
 * - `history_diverged`: the last decided command is not the one that lies at its offset.
 * - `undecodable`: a counted event cannot be read.
 * - `unknown_type`: a registered record type or version that this release does not know; deploy a newer one.
 * - `append_rejected`: the broker refuses what the writer appends.
 * - `message_undecidable`: a message of another partition does not follow from what this one knows.
 */
export type AlarmCode =
  | 'journal_shrank'
  | 'journal_broken'
  | 'wrong_ledger'
  | 'offset_beyond_journal'
  | 'commands_lost'
  | 'history_diverged'
  | 'undecodable'
  | 'unknown_type'
  | 'append_rejected'
  | 'message_undecidable';

export class LedgerAlarm extends Error {
  readonly code: AlarmCode;
  readonly partition: number;
  constructor(code: AlarmCode, partition: number, message: string, options?: ErrorOptions) {
    super(`partition ${partition}: ${message}`, options);
    this.name = 'LedgerAlarm';
    this.code = code;
    this.partition = partition;
  }
}
