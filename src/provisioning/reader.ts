import type { PersonId } from '../base/index.ts';
import { type AccountProgress, progressOf } from './accounts/account-progress.ts';
import { findAccount } from './accounts/account-store.ts';
import { viewOf } from './accounts/answers.ts';
import { type Beside, managedBy, sharing } from './accounts/beside.ts';
import { type Candidate, listCandidates } from './accounts/candidate-store.ts';
import { type FoundAccount, foundOf, readFound } from './imports/found-store.ts';
import { type LastImport, readImport } from './imports/import-store.ts';
import { planAccounts, type WantedInTarget } from './planning/people-plan.ts';
import type { PlannedAccount } from './planning/planned.ts';
import type { ProvisioningReads } from './provisioning-reads.ts';
import type { RunNeeds } from './run.ts';
import { forecastOf } from './targets/forecast.ts';
import type { ClockOffset } from './targets/live-target.ts';
import type { Targets } from './targets/targets.ts';
import { openTasks } from './tasks/tasks.ts';
import type { AccountView, Forecast, TaskView } from './views.ts';

/** Answers what is asked; the engine adds what changes something. */
export class Reader implements ProvisioningReads {
  protected readonly needs: RunNeeds;
  protected readonly targets: Targets;

  constructor(needs: RunNeeds, targets: Targets) {
    this.needs = needs;
    this.targets = targets;
  }

  clockOffset(target: string): ClockOffset | undefined {
    return this.targets.get(target).clockOffset;
  }

  entryUrl(target: string, relyingParty: string): URL | undefined {
    return this.targets.get(target).open.entryUrl(relyingParty);
  }

  plan(
    target: string,
    people: AsyncIterable<WantedInTarget>,
    options: { readonly live?: boolean } = {},
  ): AsyncIterable<PlannedAccount> {
    return planAccounts(this.needs, this.targets.get(target), people, options);
  }

  found(target: string): AsyncIterable<FoundAccount> {
    return readFound(this.needs.db, this.targets.get(target).id);
  }

  foundOf(...[target, of]: Parameters<ProvisioningReads['foundOf']>): Promise<readonly FoundAccount[]> {
    return foundOf(this.needs.db, this.targets.get(target).id, of);
  }

  managedBeside(target: string, externalIds: readonly string[]): Promise<ReadonlyMap<string, Beside>> {
    return managedBy(this.needs.db, sharing(this.targets.get(target), this.targets.all()), externalIds);
  }

  tasks(filter?: { readonly target?: string; readonly person?: PersonId }): Promise<readonly TaskView[]> {
    return openTasks(this.needs, this.targets.find, filter);
  }

  lastImport(target: string): Promise<LastImport | undefined> {
    return readImport(this.needs.db, this.targets.get(target).id);
  }

  forecast(target: string): Promise<Forecast> {
    return forecastOf(this.needs, this.targets.get(target));
  }

  progressOf(accounts: readonly string[]): Promise<readonly AccountProgress[]> {
    return progressOf(this.needs.db, this.targets.find, { ids: accounts }, this.needs.clock.now());
  }

  progressOfPerson(person: PersonId): Promise<readonly AccountProgress[]> {
    return progressOf(this.needs.db, this.targets.find, { person }, this.needs.clock.now());
  }

  async accountOf(target: string, person: PersonId): Promise<AccountView | undefined> {
    const account = await findAccount(this.needs.db, { target, person });
    return account && viewOf(account);
  }

  candidates(): Promise<readonly Candidate[]> {
    return listCandidates(this.needs.db);
  }
}
