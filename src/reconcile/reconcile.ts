import { isDeepStrictEqual } from 'node:util';
import { type AccountId, earliest, type LoginId, type PersonId } from '../base/index.ts';
import type { Decision, IdentityFacts, Person } from '../model/index.ts';
import type { Registry, RelyingParty } from '../relying-parties/index.ts';
import {
  accessesAt,
  joined,
  nextEdge,
  type Wanted,
  type WantedAccess,
  wantedAt,
  wantedByAll,
} from './wanted.ts';

/** A person together with the login that vouches for what is known about them. */
export type Subject = { readonly person: Person; readonly identity: IdentityFacts };

/** What this room needs of policy. */
export interface PolicyPort {
  decide(request: Subject & { readonly relyingParty: string; readonly now: Date }): Decision;
  decideAll(request: {
    readonly person: Person;
    readonly identity?: IdentityFacts;
    readonly now: Date;
  }): ReadonlyMap<string, Decision>;
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
    readonly accesses: readonly WantedAccess[];
    readonly trustedMailDomains: readonly string[];
    readonly thread: LoginId;
    /** Asked before an account is made or taken back into use, when every later end finds it. */
    readonly stillHolds?: () => Promise<boolean>;
    readonly budgetMs?: number;
  }): Promise<AccountOutcome>;
  queueAccount(request: {
    readonly person: Person;
    readonly target: string;
    readonly accesses: readonly WantedAccess[];
    readonly trustedMailDomains: readonly string[];
    readonly thread: LoginId;
    readonly create: boolean;
  }): Promise<{ readonly outcome: string }>;
  endAccess(request: {
    readonly person: PersonId;
    readonly target: string;
    readonly kind: 'paused' | 'ended';
    readonly because: string;
    readonly thread: string;
  }): Promise<boolean>;
}

/** A person with what is known without a sign-in that vouches for it now. */
export type KnownSubject = {
  readonly person: Person;
  readonly identity?: IdentityFacts;
  readonly connection: string;
  /** The same person by other identities whose facts stand beside these (R4.6). */
  readonly others?: readonly { readonly person: Person }[];
};

export type ApplyOutcome = { readonly outcome: 'no-account-needed' } | AccountOutcome;

export interface Reconcile {
  /** May this person enter this relying party at this instant, and why? Pure. */
  decide(subject: Subject, relyingParty: string, now: Date): Decision;
  /** The same for every relying party, for the launchpad. */
  decideAll(subject: Subject, now: Date): ReadonlyMap<string, Decision>;
  /**
   * Makes the account behind a relying party right, reductions first (DESIGN §1.4). Safe to run again and
   * concurrently. Call it only after `decide` allowed the entry.
   *
   * @param again the same person as their session and the directory know them by then; undefined when either is over.
   *   Asked before an account is made or taken back into use, so that no end is missed that came in between (R3.5).
   */
  apply(
    subject: Subject,
    relyingParty: RelyingParty,
    thread: LoginId,
    now: Date,
    again?: () => Promise<{ readonly subject: Subject; readonly now: Date } | undefined>,
  ): Promise<ApplyOutcome>;
  /** What policy wants of the person in every target, also without a sign-in. Pure. */
  wanted(subject: KnownSubject, now: Date): ReadonlyMap<string, Wanted>;
  /** Of the connection through which the person's facts came (R1.3). */
  trustedMailDomainsOf(person: Person, connection: string): readonly string[];
  /**
   * Brings every target in line with what policy wants now, by the queue: ends and reductions first. Makes no account
   * for people who have none, and changes nothing that cannot be decided without a sign-in.
   *
   * @returns false when somebody works on an account with what they knew before: ask again, or their outcome stays.
   */
  reassess(subject: KnownSubject, thread: LoginId, now: Date): Promise<boolean>;
}

export type ReconcileDeps = {
  readonly policy: PolicyPort;
  readonly accounts: AccountPort;
  readonly registry: Registry;
  /** Mail domains for which a connection may nominate existing accounts (R1.3). */
  readonly trustedMailDomainsOf: (connection: string) => readonly string[];
  /** The person by identities that stand beside this one (R4.6): a sign-in by one takes nothing away that they give. */
  readonly othersBeside: (subject: Subject) => Promise<readonly { readonly person: Person }[]>;
  /**
   * Has the person reassessed at that instant, when something that they have ends (R3.1). Said at each sign-in, and once
   * more after each reassessment, which takes the place of the one that was to come.
   */
  readonly lookAgainAt: (person: PersonId, at: Date, thread: LoginId, after: Look) => Promise<void>;
};
type Look = 'entering' | 'reassessing';

/** One identity's own look at the doors. */
type View = {
  readonly subject: { readonly person: Person; readonly identity?: IdentityFacts };
  readonly decisions: ReadonlyMap<string, Decision>;
};

export function createReconcile(deps: ReconcileDeps): Reconcile {
  const { policy, accounts, registry } = deps;
  const viewsOf = ({ others = [], ...subject }: KnownSubject, now: Date): readonly [View, ...View[]] => [
    { subject, decisions: policy.decideAll({ ...subject, now }) },
    // Nobody signed in with these: what rules ask of a sign-in itself, they do not give.
    ...others.map((other) => ({ subject: other, decisions: policy.decideAll({ ...other, now }) })),
  ];
  const wantedIn = ([first, ...others]: readonly [View, ...View[]]): ReadonlyMap<string, Wanted> =>
    new Map(
      registry.targets().map(({ id }) => {
        const of = ({ subject, decisions }: View) => ({
          wanted: wantedAt(id, subject, decisions, registry),
          accesses: accessesAt(id, decisions, registry),
        });
        return [id, wantedByAll(of(first).wanted, others.map(of))];
      }),
    );
  const edgeOf = (views: readonly View[]): Date | undefined =>
    earliest(...views.map(({ decisions }) => nextEdge(decisions, registry)));
  /** By all identities that stand beside each other, and when the first of it ends. */
  const heldIn = async (target: string, subject: Subject, now: Date) => {
    const others = await deps.othersBeside(subject);
    const views = viewsOf({ ...subject, connection: subject.identity.connection, others }, now);
    const accesses = joined(views.map(({ decisions }) => accessesAt(target, decisions, registry)));
    return { accesses, edge: edgeOf(views) };
  };
  const isOpen = (subject: Subject, relyingParty: string, now: Date): boolean =>
    policy.decide({ ...subject, relyingParty, now }).outcome === 'allow';
  const wanted: Reconcile['wanted'] = (subject, now) => wantedIn(viewsOf(subject, now));
  const trustedMailDomainsOf: Reconcile['trustedMailDomainsOf'] = ({ isMailUnverified }, connection) =>
    isMailUnverified ? [] : deps.trustedMailDomainsOf(connection);
  return {
    decide: (subject, relyingParty, now) => policy.decide({ ...subject, relyingParty, now }),
    decideAll: (subject, now) => policy.decideAll({ ...subject, now }),
    async apply(subject, relyingParty, thread, now, again) {
      const { target } = relyingParty;
      if (target === undefined) return { outcome: 'no-account-needed' };
      const { person } = subject;
      const { accesses, edge } = await heldIn(target, subject, now);
      // First: should the process die behind the account, its end must not be forgotten.
      if (edge) await deps.lookAgainAt(person.id, edge, thread, 'entering');
      const stillHolds = async (): Promise<boolean> => {
        const known = await again?.();
        if (!known || !isOpen(known.subject, relyingParty.id, known.now)) return false;
        const held = await heldIn(target, known.subject, known.now);
        // Whoever looked at that instant found no account yet: it has a row by now, and is looked at once more.
        if (held.edge) await deps.lookAgainAt(person.id, held.edge, thread, 'reassessing');
        return isDeepStrictEqual(held.accesses, accesses);
      };
      return accounts.ensureAccount({
        ...{ person, target, thread, accesses },
        ...(again && { stillHolds }),
        trustedMailDomains: trustedMailDomainsOf(subject.person, subject.identity.connection),
      });
    },
    wanted,
    trustedMailDomainsOf,
    async reassess(subject, thread, now) {
      const { person } = subject;
      const views = viewsOf(subject, now);
      let isThrough = true;
      for (const [target, each] of wantedIn(views)) {
        const about = { target, thread };
        if (each.outcome === 'end') {
          await accounts.endAccess({ ...about, person: person.id, kind: each.kind, because: each.because });
        }
        if (each.outcome === 'access') {
          const trustedMailDomains = trustedMailDomainsOf(person, subject.connection);
          const { accesses } = each;
          const request = { ...about, person, accesses, trustedMailDomains, create: false };
          if ((await accounts.queueAccount(request)).outcome === 'busy') isThrough = false;
        }
      }
      const edge = edgeOf(views);
      if (edge) await deps.lookAgainAt(person.id, edge, thread, 'reassessing');
      return isThrough;
    },
  };
}
