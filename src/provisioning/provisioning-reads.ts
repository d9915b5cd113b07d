import type { PersonId } from '../base/index.ts';
import type { AccountProgress } from './accounts/account-progress.ts';
import type { Beside } from './accounts/beside.ts';
import type { Candidate } from './accounts/candidate-store.ts';
import type { FoundAccount } from './imports/found-store.ts';
import type { LastImport } from './imports/import-store.ts';
import type { WantedInTarget } from './planning/people-plan.ts';
import type { PlannedAccount } from './planning/planned.ts';
import type { ClockOffset } from './targets/live-target.ts';
import type { AccountView, Forecast, TaskView } from './views.ts';

/** What can be asked about targets and accounts. Nothing is changed by it, here or there. */
export interface ProvisioningReads {
  /** The target's clock against ours, once measured. */
  clockOffset(target: string): ClockOffset | undefined;
  /** Where people enter; the configured URL or the one that the target told. */
  entryUrl(target: string, relyingParty: string): URL | undefined;
  /** What would be done for these people, without doing it; without `live` no call is made. */
  plan(
    target: string,
    people: AsyncIterable<WantedInTarget>,
    options?: { readonly live?: boolean },
  ): AsyncIterable<PlannedAccount>;
  /** The last complete import; absent before the first. */
  lastImport(target: string): Promise<LastImport | undefined>;
  /** What the last import found, ours or not: for orphans and reviews. */
  found(target: string): AsyncIterable<FoundAccount>;
  /** Of these, those that are linked with one of the people or carry one of the mail addresses (keyed as `mail`). */
  foundOf(
    target: string,
    of: { readonly people: readonly PersonId[]; readonly mails: readonly string[] },
  ): Promise<readonly FoundAccount[]>;
  /** Accounts of the same system that other targets manage, by their id: a store and its B2B Edition share customers. */
  managedBeside(target: string, externalIds: readonly string[]): Promise<ReadonlyMap<string, Beside>>;
  /** Open tasks for people, details opened: not for logs. */
  tasks(filter?: { readonly target?: string; readonly person?: PersonId }): Promise<readonly TaskView[]>;
  /** How busy a target is, and when the queue will be through. */
  forecast(target: string): Promise<Forecast>;
  /** How far these accounts are; those that do not exist are left out. */
  progressOf(accounts: readonly string[]): Promise<readonly AccountProgress[]>;
  /** The same for all accounts of a person, also in targets that are not configured any more. */
  progressOfPerson(person: PersonId): Promise<readonly AccountProgress[]>;
  accountOf(target: string, person: PersonId): Promise<AccountView | undefined>;
  /** Existing accounts that wait until an administrator lets their people have them (R1.3 `admin-approve`). */
  candidates(): Promise<readonly Candidate[]>;
}
