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
 */
export { type AccountImage, type Authority, EVERYTHING, type Field } from './account-image.ts';
export type { AccountProgress } from './account-progress.ts';
export type { EndAccount, EnsureAccount, EnsuredAccount, QueuedAccount } from './account-requests.ts';
export type { Beside } from './beside.ts';
export { type CallBudget, createCallBudget } from './call-budget.ts';
export type { Approval, Candidate } from './candidate-store.ts';
export type { ConfiguredTarget, SetUpTarget } from './configured-target.ts';
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
} from './connector.ts';
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
export { forgetPerson as forgetAccounts } from './forget-person.ts';
export { type FoundAccount, mailKey } from './found-store.ts';
export type { LastImport } from './import-store.ts';
export { purgeUnusedAccounts } from './lease-store.ts';
export type { ClockOffset } from './live-target.ts';
export type {
  AppliedPlan,
  ApplyOptions,
  ImportedAccounts,
  ImportOptions,
  PeopleLookup,
} from './mass-changes.ts';
export { migrations } from './migrations.ts';
export type { WantedInTarget } from './people-plan.ts';
export type { ChangeSummary } from './plan.ts';
export type { PlannedAccount, PlannedChange } from './planned.ts';
export type { Provisioning, ProvisioningOptions } from './provisioning.ts';
export { purgeSettledSteps } from './purge-steps.ts';
export { refusalAdvice } from './refusal-advice.ts';
export { FINISH_ACCOUNT } from './run.ts';
export type { TargetPolicy } from './target-policy.ts';
export type { Hook } from './target-webhooks.ts';
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
