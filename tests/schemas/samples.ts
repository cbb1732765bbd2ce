// One full and one bare example of every record type: everything given, and nothing that may be left out.
import type { CommandRecord, EventRecord } from '../../schemas/records.ts';
import { bareCommands, fullCommands } from './sample-commands.ts';
import { bareEvents, fullEvents } from './sample-events.ts';

type SampleRecord = CommandRecord | EventRecord;

/** By record type: what the latest version can say at most, and at least. */
export const samples: ReadonlyMap<string, { readonly full: SampleRecord; readonly bare: SampleRecord }> = new Map(
  [...fullCommands, ...fullEvents].map((full) => {
    const leaner = [...bareCommands, ...bareEvents].find(({ type }) => type === full.type);
    if (leaner === undefined) throw new Error(`${full.type} has no bare sample`);
    return [full.type, { full, bare: leaner }];
  }),
);
