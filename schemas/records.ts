// The records of the log as the rest of the code sees them: always the latest version, with what they say about
// themselves beside the data.
import type { Command, CommandMeta, LedgerEvent, Meta } from './generated.ts';

/** A command as it lies in the log, without its place. */
export type CommandRecord = Command & { readonly meta: CommandMeta };

/** An event as it lies in the journal, without its place. */
export type EventRecord = LedgerEvent & { readonly meta: Meta };

/** A command with its place: `offset` in its partition, `at` = broker time, ms since the epoch. */
export type PlacedCommand = CommandRecord & { readonly offset: number; readonly at: number };

/** An event with its place: `offset` in the journal of its partition. */
export type PlacedEvent = EventRecord & { readonly offset: number };

/** The command_id of records that no request caused. */
export const nilUuid = '00000000-0000-0000-0000-000000000000';
