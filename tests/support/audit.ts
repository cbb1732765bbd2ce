// The audit of a ledger under test, as its user runs it.
import type { AuditReport } from '../../src/cli/audit/audit.ts';
import type { TestLedger } from './ledger.ts';

export type { AuditReport };

/**
 * Runs `ledger audit --json` and answers its report, whatever it found. At rest, which it is unless a test says
 * otherwise, every command must have its outcome.
 * @throws Error when the verb gave no report
 */
export async function auditLedger(
  ledger: TestLedger,
  options: { readonly atRest?: boolean; readonly logOnly?: boolean } = {},
): Promise<AuditReport> {
  const flags = [
    ...(options.atRest === false ? [] : ['--at-rest']),
    ...(options.logOnly === true ? ['--log-only'] : []),
  ];
  const { code, output } = await ledger.run(['audit', '--json', ...flags]);
  // What is logged on the way goes to standard error, and stands before or between; the report is one object.
  const from = output.search(/^\{$/m);
  const to = output.search(/^\}$/m);
  if (from < 0 || to < from) throw new Error(`ledger audit ended with ${code} and no report: ${output}`);
  const report = JSON.parse(output.slice(from, to + 1)) as AuditReport;
  if ((code === 0) !== report.ok) throw new Error(`ledger audit says ok: ${report.ok} and exits with ${code}`);
  return report;
}
