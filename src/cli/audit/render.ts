// An audit's report for people: figures, what was found, and the verdict as the last line.
import type { AuditReport } from './audit.ts';
import type { Finding } from './findings.ts';

/** Findings on a screen; `--json` has more. */
const shownMax = 20;

/** The report as lines, the verdict last. */
export function renderAudit(report: AuditReport): readonly string[] {
  const { partitions, projections, snapshots, findings, findings_total, warnings, unchecked } = report;
  const sum = (figure: 'commands' | 'events' | 'voids' | 'undecided'): number =>
    partitions.reduce((total, one) => total + one[figure], 0);
  const undecided = sum('undecided') === 0 ? '' : `, ${number(sum('undecided'))} commands undecided yet`;
  const lines = [
    `ledger ${report.ledger_id ?? 'unknown'}: ${number(sum('commands'))} commands and ${number(sum('events'))} events in ${partitions.length} partitions` +
      `, ${number(sum('voids'))} void records${undecided}`,
    ...projections.map(
      ({ name, generation, rows, equal }) =>
        `projection ${name}, generation ${generation}: ${number(rows)} rows, ${equal ? 'equal to the journal' : 'NOT equal to the journal'}`,
    ),
    ...(snapshots === 0 ? [] : [`snapshots of ${snapshots} partitions were compared with the journal`]),
    ...warnings.slice(0, shownMax).map((warning) => `warning: ${tell(warning)}`),
    ...unchecked.map((what) => `not checked: ${what}`),
    ...findings.slice(0, shownMax).map((finding) => `finding: ${tell(finding)}`),
  ];
  const more = findings_total - Math.min(findings.length, shownMax);
  if (more > 0)
    lines.push(
      `and ${number(more)} findings more${findings.length > shownMax ? '; --json shows the first 1,000' : ''}`,
    );
  return [...lines, verdict(report, sum('undecided'))];
}

function verdict({ ok, findings, findings_total, projections, unchecked, ms }: AuditReport, undecided: number): string {
  const took = `(${number(ms)} ms)`;
  if (ok) {
    const decided = undecided === 0 ? 'every command has one outcome' : 'every decided command has one outcome';
    const rows =
      projections.length === 0 ? '' : `, ${projections.map(({ name }) => name).join(', ')} are what the journal says`;
    return `nothing was oversold: ${decided}${rows} ${took}`;
  }
  const [first] = findings;
  if (first === undefined)
    return `the log keeps every rule, but not everything could be checked: ${unchecked.join('; ')} ${took}`;
  const count = findings_total === 1 ? 'one finding' : `${number(findings_total)} findings`;
  return `${count}; the first: ${tell(first)} ${took}`;
}

function tell({ rule, topic, partition, offset, text }: Finding): string {
  const place = `${topic}${partition === null ? '' : `[${partition}]`}${offset === null ? '' : ` at offset ${offset}`}`;
  return `${rule}: ${place}: ${text}`;
}

/** Digits in groups of three, the same on every machine. */
function number(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
