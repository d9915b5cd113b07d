/**
 * provisioning: makes accounts in targets right, and keeps them so.
 *
 *   desire ─▶ unchanged? ─▶ read ─▶ diff ─▶ plan ─▶ outbox ─▶ apply ─▶ read back ─▶ confirmed
 *     (connector)  (R5.2)  (connector)        (R5.3)  (connector)
 *
 * Owns the link between person and account, the outbox of steps and what is known about targets. One path serves
 * sign-ins and the queue: whoever comes later reads the target again and continues, so a crash at any step costs
 * nothing but time. Reductions are applied before anybody is let in, details may follow.
 * Never decides who may enter: it is told the accesses. Connectors only translate; a new one is a folder and a line.
 *
 *   connector/   the port: what a connector declares and answers      connectors/  one folder each
 *   targets/     what is open, its budget, its quota, its turns         accounts/    one account: link, make, end, forget
 *   planning/    differences to steps, and a plan for everybody         outbox/      steps: written, sent, read back
 *   imports/     whole lists of a target                                tasks/       what only people can do; drift
 *   webhooks/    stores that tell of changes                            bigcommerce/ what its three connectors share
 */

export type { AccountProgress } from './accounts/account-progress.ts';
export type {
  EndAccount,
  EnsureAccount,
  EnsuredAccount,
  QueuedAccount,
} from './accounts/account-requests.ts';
export type { Beside } from './accounts/beside.ts';
export type { Approval, Candidate } from './accounts/candidate-store.ts';
export { forgetPerson as forgetAccounts } from './accounts/forget-person.ts';
export { purgeUnusedAccounts } from './accounts/lease-store.ts';
export { type AccountImage, type Authority, EVERYTHING, type Field } from './connector/account-image.ts';
export type {
  Access,
  AnyConnector,
  Capabilities,
  ConfigContext,
  Connector,
  DetailProblem,
  OpenTarget,
  SetUp,
  TargetDeps,
  TargetParty,
} from './connector/connector.ts';
export type { TargetPolicy } from './connector/target-policy.ts';
export type { Hook } from './connector/target-webhooks.ts';
export { StorefrontAccess, StorefrontTarget } from './connectors/bigcommerce-storefront/index.ts';
export { connectors } from './connectors/index.ts';
export { createProvisioning } from './engine.ts';
export {
  ProvisioningError,
  type ProvisioningFault,
  type ProvisioningRefusal,
  type UnavailableCode,
  unavailableAdvice,
} from './errors.ts';
export { type FoundAccount, mailKey } from './imports/found-store.ts';
export type { LastImport } from './imports/import-store.ts';
export { migrations } from './migrations.ts';
export { purgeSettledSteps } from './outbox/purge-steps.ts';
export type {
  AppliedPlan,
  ApplyOptions,
  ImportedAccounts,
  ImportOptions,
  PeopleLookup,
} from './planning/mass-changes.ts';
export type { WantedInTarget } from './planning/people-plan.ts';
export type { ChangeSummary } from './planning/plan.ts';
export type { PlannedAccount, PlannedChange } from './planning/planned.ts';
export { refusalAdvice } from './planning/refusal-advice.ts';
export type { Provisioning, ProvisioningOptions } from './provisioning.ts';
export { FINISH_ACCOUNT } from './run.ts';
export { type CallBudget, createCallBudget } from './targets/call-budget.ts';
export type { ConfiguredTarget, SetUpTarget } from './targets/configured-target.ts';
export type { ClockOffset } from './targets/live-target.ts';
export type { AccountView, Forecast, TaskView } from './views.ts';
export { purgeDeliveries } from './webhooks/delivery-store.ts';
export { isWebhookPath, webhookRoutes } from './webhooks/routes.ts';
export type {
  RegisteredHooks,
  RegisteredWebhooks,
  TestedWebhooks,
  WebhookStatus,
  Webhooks,
  WebhooksRefused,
} from './webhooks/webhooks.ts';
