// `ledger replay activate | rollback | drop`: the verbs that change what is read, or take something away.
import type { Command } from 'commander';
import { shipped } from '../../../../projections/registry.ts';
import { confirm } from '../../replay/ask.ts';
import { UnexplainedDifference, activateReplay, mustFind, rollBack } from '../../replay/compare.ts';
import { dropReplay, mustBeDroppable, rowsOf } from '../../replay/expire.ts';
import { withPool } from '../../replay/parts.ts';
import type { ReplayParts } from '../../replay/parts.ts';
import { print, setUpForReading, untilSignal } from '../shared.ts';

interface ChangeFlags {
  readonly despiteDifferences?: true;
  readonly yes?: true;
  readonly json?: true;
}

const activateHelp = `
The new generation is first compared with the live one, at the same offsets. Where the definition is the same and rows
differ, nothing is activated, unless you say --despite-differences. It waits until the new one is at or past the old one's
offsets. The old one goes on following for a while (LEDGER_RETIRED_FOLLOW_S), so that rollback never reads the past.`;

export function addActivate(replay: Command): void {
  replay
    .command('activate')
    .description('read this generation from now on')
    .argument('<id>', 'id of a replay that has caught up')
    .option('--despite-differences', 'also where rows differ from the live ones and nobody knows why')
    .option('--json', 'print JSON')
    .addHelpText('after', activateHelp)
    .action((id: string, flags: ChangeFlags) =>
      changing(async (parts, signal) => {
        try {
          const found = await mustFind(parts.pool, id);
          const { projection, generation, before, warning } = await activateReplay(
            parts,
            found,
            flags.despiteDifferences === true,
            signal,
          );
          if (flags.json === true) return print({ projection, generation, before, warning });
          console.log(
            `${projection}: generation ${generation} is read now${before === null ? '' : `; ${before} follows it, for a rollback`}`,
          );
          warn(warning);
        } catch (error) {
          if (error instanceof UnexplainedDifference && flags.json === true)
            print({ refused: error.message, diff: error.diff });
          throw error;
        }
      }),
    );
}

export function addRollback(replay: Command): void {
  replay
    .command('rollback')
    .description('read the generation before again')
    .argument('<projection>', shipped.map(({ projection }) => projection.name).join(', '))
    .option('--json', 'print JSON')
    .action((projection: string, flags: ChangeFlags) =>
      changing(async (parts, signal) => {
        const { to, before, warning } = await rollBack(parts, projection, signal);
        if (flags.json === true) return print({ projection, generation: to.generation, before, warning });
        console.log(`${projection}: generation ${to.generation} is read again, ${before} follows it`);
        warn(warning);
      }),
    );
}

export function addDrop(replay: Command): void {
  replay
    .command('drop')
    .description('drop the tables of a replay')
    .argument('<id>', 'id or name')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .action((id: string, flags: ChangeFlags) =>
      changing(async ({ pool }, signal) => {
        const found = await mustFind(pool, id);
        mustBeDroppable(found);
        const rows = await rowsOf(pool, found);
        const counts = Object.entries(rows)
          .map(([table, n]) => `${n} rows in ${found.schema}.${table}`)
          .join(', ');
        await confirm(
          `Drop generation ${found.generation} of ${found.projection}: ${counts || 'no tables'}?`,
          flags.yes === true,
          signal,
        );
        await dropReplay(pool, found);
        if (flags.json === true) print({ replay_id: found.replayId, dropped: rows });
        else console.log(`dropped: ${counts || 'no tables'}`);
      }),
    );
}

/** What is left to be done after a change of what is read. */
export function warn(warning: string | null): void {
  if (warning !== null) console.error(`warning: ${warning}`);
}

type Parts = Pick<ReplayParts, 'pool' | 'config' | 'logger'>;

async function changing(job: (parts: Parts, signal: AbortSignal) => Promise<void>): Promise<void> {
  const [config, logger] = setUpForReading();
  await untilSignal((signal) => withPool(config, logger, (pool) => job({ pool, config, logger }, signal)));
}
