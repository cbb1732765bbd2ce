// The audit of a ledger under test, as its user runs it.
import { expect } from '@jest/globals';
import type { AuditReport } from '../../src/cli/audit/audit.ts';
import type { TestLedger } from './ledger.ts';

export type { AuditReport };

/** Of a long list of findings these are enough to see what is wrong. */
const shownMax = 10;

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

/** Demands that the audit of a ledger at rest finds nothing, and that it compared every projection. */
export async function expectSoundAudit(ledger: TestLedger): Promise<void> {
  const { ok, findings, unchecked, projections } = await auditLedger(ledger);
  expect({ ok, findings: findings.slice(0, shownMax), unchecked }).toEqual({ ok: true, findings: [], unchecked: [] });
  expect(projections.length).toBeGreaterThan(0);
  // A ledger in which nothing was paid ranks nobody.
  const ranked = /^leaderboards/;
  expect(projections.filter(({ name, rows }) => rows === 0 && !ranked.test(name))).toEqual([]);
}
