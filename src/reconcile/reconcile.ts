import type { AccountId, LoginId } from '../base/index.ts';
import type { Decision, IdentityFacts, Person } from '../model/index.ts';
import type { Registry, RelyingParty } from '../relying-parties/index.ts';

/** A person together with the login that vouches for what is known about them. */
export type Subject = { readonly person: Person; readonly identity: IdentityFacts };

/** What this room needs of policy. */
export interface PolicyPort {
  decide(request: Subject & { readonly relyingParty: string; readonly now: Date }): Decision;
  decideAll(request: Subject & { readonly now: Date }): ReadonlyMap<string, Decision>;
}

export type AccountOutcome =
  | {
      readonly outcome: 'ready';
      readonly accountId: AccountId;
      /** The target's own id. */
      readonly externalId: string;
      readonly calls: number;
    }
  | { readonly outcome: 'refused'; readonly code: string; readonly publicMessage: string }
  | { readonly outcome: 'unavailable'; readonly code: string; readonly retryAfterSeconds?: number };

/** What this room needs of provisioning. */
export interface AccountPort {
  ensureAccount(request: {
    readonly person: Person;
    readonly target: string;
    readonly accesses: readonly { readonly relyingParty: string; readonly role: string }[];
    readonly trustedMailDomains: readonly string[];
    readonly thread: LoginId;
    readonly budgetMs?: number;
  }): Promise<AccountOutcome>;
}

export type ApplyOutcome = { readonly outcome: 'no-account-needed' } | AccountOutcome;

export interface Reconcile {
  /** May this person enter this relying party at this instant, and why? Pure. */
  decide(subject: Subject, relyingParty: string, now: Date): Decision;
  /** The same for every relying party, for the launchpad. */
  decideAll(subject: Subject, now: Date): ReadonlyMap<string, Decision>;
  /**
   * Makes the account behind a relying party right, reductions first (DESIGN §1.4). Safe to run again and
   * concurrently. Call it only after `decide` allowed the entry.
   */
  apply(subject: Subject, relyingParty: RelyingParty, thread: LoginId, now: Date): Promise<ApplyOutcome>;
}

export type ReconcileDeps = {
  readonly policy: PolicyPort;
  readonly accounts: AccountPort;
  readonly registry: Registry;
  /** Mail domains for which a connection may nominate existing accounts (R1.3). */
  readonly trustedMailDomainsOf: (connection: string) => readonly string[];
};

export function createReconcile(deps: ReconcileDeps): Reconcile {
  const { policy, accounts, registry } = deps;
  return {
    decide: (subject, relyingParty, now) => policy.decide({ ...subject, relyingParty, now }),
    decideAll: (subject, now) => policy.decideAll({ ...subject, now }),
    async apply(subject, relyingParty, thread, now) {
      if (relyingParty.target === undefined) return { outcome: 'no-account-needed' };
      return accounts.ensureAccount({
        person: subject.person,
        target: relyingParty.target,
        accesses: accessesAt(relyingParty.target, policy.decideAll({ ...subject, now }), registry),
        trustedMailDomains: deps.trustedMailDomainsOf(subject.identity.connection),
        thread,
      });
    },
  };
}

/** Everything the person may enter in this target, each with the one role that counts there (R4.5). */
function accessesAt(
  target: string,
  decisions: ReadonlyMap<string, Decision>,
  registry: Registry,
): { relyingParty: string; role: string }[] {
  return registry.enteringBy(target).flatMap(({ id }) => {
    const decision = decisions.get(id);
    if (decision?.outcome !== 'allow') return [];
    const [role] = decision.entitlement.roles;
    return role ? [{ relyingParty: id, role: role.id }] : [];
  });
}
