// Platform room: writes docs/metrics.md from the table of metrics; with --check it only tells whether the file is fresh.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { metricTable } from './metric-table.ts';
import type { MetricDoc } from './metric.ts';

const path = fileURLToPath(new URL('../../docs/metrics.md', import.meta.url));

const head = `# Metrics

<!-- Generated from src/platform/metric-table.ts by src/platform/metrics-doc.ts. Do not edit. -->

Every process answers \`GET /metrics\` in the format of Prometheus, whatever its roles: openly on the loopback, with a
credential elsewhere. No label carries an id, an address as it was asked for, or anything else without an end. Beside
those of this page there are Node's own: \`process_*\` and \`nodejs_*\`, among them \`nodejs_eventloop_lag_seconds\` and its
quantiles, \`process_resident_memory_bytes\` and \`nodejs_gc_duration_seconds\`.
`;

/** The text of docs/metrics.md: one section for each kind of process, one entry for each metric. */
function metricsDoc(): string {
  const all: readonly MetricDoc<'counter' | 'gauge' | 'histogram', string>[] = Object.values(metricTable);
  const owners = [...new Set(all.map(({ of }) => of))];
  const sections = owners.map((owner) => {
    const title = owner.charAt(0).toUpperCase() + owner.slice(1);
    return `## ${title}\n\n${all
      .filter(({ of }) => of === owner)
      .map(entryOf)
      .join('\n')}`;
  });
  return `${head}\n${sections.join('\n')}`;
}

function entryOf({ name, kind, help, labels }: MetricDoc<'counter' | 'gauge' | 'histogram', string>): string {
  const rows = labels.map(([label, text]) => `- \`${label}\`: ${text}\n`);
  return `### ${name}\n\n${kind.charAt(0).toUpperCase() + kind.slice(1)}. ${help}\n${rows.length === 0 ? '' : `\n${rows.join('')}`}`;
}

const text = metricsDoc();
if (!process.argv.includes('--check')) await writeFile(path, text);
else if ((await readFile(path, 'utf8')) !== text) {
  process.stderr.write('docs/metrics.md is stale: run src/platform/metrics-doc.ts\n');
  process.exitCode = 1;
}
