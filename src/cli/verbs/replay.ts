// `ledger replay`: builds views again from the journal, beside those that are read.
import type { Command } from 'commander';
import { addActivate, addDrop, addRollback } from './replay/change.ts';
import { addDiff, addManifest, addPlan, addStatus, addVerify } from './replay/look.ts';
import { addResume, addStart } from './replay/start.ts';

export function addReplay(program: Command): void {
  const replay = program
    .command('replay')
    .description('build views again from the journal, beside those that are read');
  for (const add of [addPlan, addStart, addStatus, addDiff, addActivate, addRollback, addDrop, addResume]) add(replay);
  for (const add of [addManifest, addVerify]) add(replay);
}
