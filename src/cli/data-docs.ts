// CLI room: writes docs/data.md from the tables of the projections; with --check it only tells whether it is fresh.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { shipped } from '../../projections/registry.ts';
import type { Table } from '../../projections/projection.ts';

const dataHead = `# Data

<!-- Generated from the tables of the projections by src/cli/data-docs.ts. Do not edit. -->

Every view that people may query, and every column. The views lie in the schema \`live\`, one for each table of the
generations that are read; \`DATABASE_URL_READONLY\` is a role that may read them and private replays, and change nothing:

\`\`\`sh
psql "$DATABASE_URL_READONLY" -c 'SELECT status, count(*) FROM live.orders GROUP BY status'
\`\`\`

A private replay has the same tables in a schema of its own name. Amounts are integers in minor units of their currency;
times are log times, as \`timestamptz\`; days are days of UTC. A row's \`partition\` and \`journal_offset\` name the event that
changed it last. Which position of the journal all rows of a generation have reached stands in \`ledger.checkpoints\`.
`;

function dataDoc(): string {
  const projections = [...shipped].sort((a, b) => (a.projection.name < b.projection.name ? -1 : 1));
  const tables = projections.flatMap(({ projection }) =>
    projection.tables.map((table) => tableDoc(table, projection.name, projection.version)),
  );
  return `${dataHead}\n${tables.join('\n')}`;
}

function tableDoc(table: Table, projection: string, version: number): string {
  const columns = Object.entries(table.columns).map(([name, { type, doc }]) => `- \`${name}\` (${type}): ${doc}\n`);
  const key = table.key.map((column) => `\`${column}\``).join(', ');
  return `## live.${table.name}\n\n${table.doc} Projection ${projection}, version ${version}; one row for each ${key}.\n\n${columns.join('')}`;
}

const path = fileURLToPath(new URL('../../docs/data.md', import.meta.url));
const text = dataDoc();
if (!process.argv.includes('--check')) await writeFile(path, text);
else if ((await readFile(path, 'utf8')) !== text) {
  process.stderr.write('docs/data.md is stale: run src/cli/data-docs.ts\n');
  process.exitCode = 1;
}
