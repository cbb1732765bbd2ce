// The doctor at Postgres: tables, the active generations of the projections, and whether anybody may come in.
import type { Pool } from 'pg';
import { activeGenerations, definitionHash } from '../../../projections/generations.ts';
import { shipped } from '../../../projections/registry.ts';
import { missingMigrations } from '../../platform/migrate.ts';
import type { Check } from './check.ts';
import { attempt, fail, ok, warn } from './check.ts';

const prepareAdvice = 'run `ledger prepare`';

export function checkTables(pool: Pool): Promise<readonly Check[]> {
  return attempt('tables', prepareAdvice, async () => {
    const missing = await missingMigrations(pool);
    if (missing.length > 0)
      return [fail('tables', `these migrations were not run: ${missing.join(', ')}`, prepareAdvice)];
    return [ok('tables', 'up to date'), ...(await checkGenerations(pool)), await checkKeys(pool)];
  });
}

async function checkGenerations(pool: Pool): Promise<readonly Check[]> {
  const active = await activeGenerations(pool);
  return Promise.all(
    shipped.map(async (one) => {
      const { name, version } = one.projection;
      const about = `projection ${name}`;
      const generation = active.find(({ projection }) => projection === name);
      if (generation === undefined) return fail(about, 'no generation is active', prepareAdvice);
      if (generation.version === version && generation.definitionHash === (await definitionHash(one)))
        return ok(about, `generation ${generation.generation} is active, of this release's definition`);
      const text = `generation ${generation.generation} was made by another definition; this release does not project it`;
      return fail(about, text, `run ledger replay start ${name} --activate, or deploy the release that made it`);
    }),
  );
}

async function checkKeys(pool: Pool): Promise<Check> {
  const { rows } = await pool.query<{ count: number }>(
    'SELECT count(*) AS count FROM ledger.api_keys WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())',
  );
  const count = rows[0]?.count ?? 0;
  if (count === 0) return warn('api keys', 'there is no valid one', 'make one: ledger keys create --name <name>');
  return ok('api keys', `${count} valid`);
}
