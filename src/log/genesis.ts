// Genesis: the first record of every journal partition names the ledger and its partition count. A second genesis is
// void by the canonical rule, so opening a ledger twice, or from two sides at once, changes nothing.
import type { EventRecord } from '../../schemas/records.ts';
import { nilUuid } from '../../schemas/records.ts';
import { LedgerAlarm } from './alarm.ts';
import { counts, positionHeader, positionOf } from './journal.ts';
import type { Log, LogRecord } from './port.ts';
import type { Reading } from './reading.ts';

export interface GenesisOptions {
  readonly log: Log;
  readonly topic: string;
  readonly partitions: number;
  readonly reading: Reading;
  readonly encode: (event: EventRecord) => Uint8Array;
  /** A uuid; used only where the ledger is not open yet. */
  readonly ledgerId: string;
}

/**
 * Writes genesis where it is missing, reads every partition's first record back and compares.
 * @returns the ledger's id
 * @throws LedgerAlarm `wrong_ledger` when the partitions disagree with each other or with the configuration
 */
export async function openLedger(options: GenesisOptions): Promise<string> {
  // Partition 0 settles the id: whoever else opens the ledger at this moment reads the same one there.
  await writeGenesis(options, (partition) => partition === 0, options.ledgerId);
  const first = await readGenesis(options, 0);
  // Nothing is written beside a partition 0 that says something else: a record of the journal is for ever.
  if (first?.partitions === options.partitions) {
    await writeGenesis(options, (partition) => partition !== 0, first.ledgerId);
  }
  return checkGenesis(options);
}

async function writeGenesis(
  { log, topic, partitions, encode }: GenesisOptions,
  chosen: (partition: number) => boolean,
  ledgerId: string,
): Promise<void> {
  const ends = await log.ends(topic);
  const empty = [...ends].flatMap(([partition, { high }]) => (high === 0 && chosen(partition) ? [partition] : []));
  if (empty.length === 0) return;
  const value = encode(genesisEvent(ledgerId, partitions));
  const record = { key: null, value, headers: { [positionHeader]: positionOf(0, []) } };
  const appender = await log.openAppender();
  try {
    await appender.append(topic, new Map(empty.map((partition) => [partition, [record]])));
  } finally {
    await appender.close();
  }
}

/** Compares what every partition's genesis says. @throws LedgerAlarm */
export async function checkGenesis(options: Omit<GenesisOptions, 'ledgerId' | 'encode'>): Promise<string> {
  const ends = await options.log.ends(options.topic);
  let ledgerId: string | null = null;
  for (const [partition, { high }] of ends) {
    const genesis = high === 0 ? null : await readGenesis(options, partition);
    if (genesis === null) {
      throw new LedgerAlarm('wrong_ledger', partition, 'the journal does not begin with genesis; run `ledger prepare`');
    }
    ledgerId ??= genesis.ledgerId;
    if (genesis.ledgerId !== ledgerId) {
      throw new LedgerAlarm(
        'wrong_ledger',
        partition,
        `it belongs to ledger ${genesis.ledgerId}, partition 0 to ${ledgerId}`,
      );
    }
    if (genesis.partitions !== options.partitions || ends.size !== options.partitions) {
      const text = `the ledger was opened with ${genesis.partitions} partitions, the topic has ${ends.size}, the configuration says ${options.partitions}`;
      throw new LedgerAlarm('wrong_ledger', partition, text);
    }
  }
  if (ledgerId === null) throw new LedgerAlarm('wrong_ledger', 0, 'the journal has no partitions');
  return ledgerId;
}

interface Genesis {
  readonly ledgerId: string;
  readonly partitions: number;
}

/** What the first record of a partition that is not empty says. */
async function readGenesis(
  { log, topic, reading }: Pick<GenesisOptions, 'log' | 'topic' | 'reading'>,
  partition: number,
): Promise<Genesis | null> {
  const found: LogRecord[] = [];
  await log.read({ topic, partition, from: 0, to: 1 }, (records) => void found.push(...records));
  const [record] = found;
  if (record === undefined || !counts(record)) return null;
  const event = await reading.event(partition, record);
  if (event.type !== 'LedgerOpened') return null;
  return { ledgerId: event.data.ledger_id, partitions: event.data.partitions };
}

function genesisEvent(ledgerId: string, partitions: number): EventRecord {
  return {
    type: 'LedgerOpened',
    data: { ledger_id: ledgerId, partitions },
    meta: {
      command_offset: -1,
      index: 0,
      count: 1,
      sent: -1,
      at: 0,
      command_id: nilUuid,
      answers: null,
      reply_to: [],
      placed_at: null,
      source: null,
      remember: null,
      actor: 'ledger prepare',
      correlation_id: '',
      writer: nilUuid,
    },
  };
}
