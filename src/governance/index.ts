/**
 * governance: what those who answer for access want to see: what provisioning did, and who has an account for which
 * reason.
 *
 *   access log ──▶ provisioning report (rows, each with its thread)
 *   list of a target × what policy wants ──▶ account report (one class for each account, totals equal to the list)
 *
 * Owns reports and what their words mean. Changes nothing, decides nothing and keeps nothing; looking is an event of
 * the access log. How a report is printed is the business of whoever shows it.
 */
export {
  type AccountReportDeps,
  type AccountReportOptions,
  type AccountReportPart,
  type AccountRow,
  type AccountTotals,
  accountReport,
  type MissingAccount,
  type StandingOf,
} from './account-report.ts';
export { ACCOUNT_CLASSES, type AccountClass } from './classify.ts';
export {
  type ProvisioningFilter,
  type ProvisioningReportDeps,
  type ProvisioningRow,
  provisioningReport,
} from './provisioning-report.ts';
