import type { AccessLog, Reader } from '../access-log/index.ts';
import type { PersonId } from '../base/index.ts';
import type { Person } from '../model/index.ts';
import type { AccountView, Beside, FoundAccount } from '../provisioning/index.ts';
import type { Wanted } from '../reconcile/index.ts';
import { ACCOUNT_CLASSES, type AccountClass, classify } from './classify.ts';

/** A person and what policy wants of them in the target. */
export type StandingOf = { readonly person: Person; readonly wanted: Wanted };

export type AccountRow = {
  readonly target: string;
  /** The target's own id. */
  readonly externalId: string;
  readonly class: AccountClass;
  readonly note?: string;
  readonly isActive: boolean;
  readonly person?: PersonId;
  readonly name?: string;
  /** What the directory says; `gone` when it knows the person no more. */
  readonly status?: Person['status'] | 'gone';
  /** Rules or grants that give the account, or what ended it. */
  readonly because: readonly string[];
  readonly lastSignIn?: Date;
};

/** Somebody who may enter and has no account that could be entered. */
export type MissingAccount = {
  readonly person: PersonId;
  readonly name?: string;
  readonly because: readonly string[];
  /** Our own records know an account, which the target's list does not show: newer than the import, or removed there. */
  readonly externalId?: string;
};

/** One account, one person without one, or the sums at the end. */
export type AccountReportPart =
  | { readonly part: 'account'; readonly row: AccountRow }
  | { readonly part: 'missing'; readonly missing: MissingAccount }
  | { readonly part: 'totals'; readonly totals: AccountTotals };

export type AccountTotals = {
  /** Each account of the target's own list is counted once. */
  readonly totals: Readonly<Record<AccountClass, number>>;
  readonly accounts: number;
  /** People who may enter and have none. */
  readonly without: number;
};

export type AccountReportDeps = {
  /** What the last import found; its totals are the target's own. */
  readonly found: (target: string) => AsyncIterable<FoundAccount>;
  /** Of these, those that are linked with one of the people or carry one of the mail addresses. */
  readonly foundOf: (
    target: string,
    of: { readonly people: readonly PersonId[]; readonly mails: readonly string[] },
  ) => Promise<readonly FoundAccount[]>;
  /** Of these accounts, those that another target of the same system manages. */
  readonly managedBeside: (
    target: string,
    externalIds: readonly string[],
  ) => Promise<ReadonlyMap<string, Beside>>;
  /** Everybody in the directory, or these. */
  readonly standings: (
    target: string,
    filter?: { readonly ids: readonly PersonId[] },
  ) => AsyncIterable<StandingOf>;
  readonly accountOf: (target: string, person: PersonId) => Promise<AccountView | undefined>;
  /** Keyed hash as in `FoundAccount.mail`. */
  readonly mailKey: (mail: string) => string;
  readonly accessLog: Pick<AccessLog, 'searchEvents'>;
};

export type AccountReportOptions = {
  /** Accounts that were not used since then are dormant. */
  readonly dormantBefore?: Date;
  readonly holdsOthers: boolean;
  /** Ways into the target: our own log knows sign-ins that the target does not tell. */
  readonly relyingParties: readonly string[];
};

const PAGE = 500;

/**
 * Compares the target's own list with what policy wants now, page by page: people who have no account first, then each
 * account, then the sums. Memory grows with the accounts that only a mail address ties to somebody, and with nothing
 * else. It shows the target as the last import saw it; who looks stands in the access log.
 */
export async function* accountReport(
  deps: AccountReportDeps,
  target: string,
  options: AccountReportOptions,
  as: Reader,
): AsyncGenerator<AccountReportPart> {
  // Asked once in the name of whoever looks; what follows belongs to the same look.
  await deps.accessLog.searchEvents({ target }, { limit: 1 }, as);
  const byMail = new Map<string, PersonId>();
  let without = 0;
  for await (const page of pagesOf(deps.standings(target))) {
    for (const each of await missingAmong(deps, target, page, byMail)) {
      without += 1;
      yield { part: 'missing', missing: each };
    }
  }
  const totals = Object.fromEntries(ACCOUNT_CLASSES.map((each) => [each, 0])) as Record<AccountClass, number>;
  let accounts = 0;
  for await (const page of pagesOf(deps.found(target))) {
    const known = await knownFor(deps, target, page, byMail);
    for (const found of page) {
      const row = await rowOf(deps, found, known, options);
      totals[row.class] += 1;
      accounts += 1;
      yield { part: 'account', row };
    }
  }
  yield { part: 'totals', totals: { totals, accounts, without } };
}

async function* pagesOf<T>(values: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let page: T[] = [];
  for await (const value of values) {
    page.push(value);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** Who of these may enter and has no account that could be entered. Notes whose mail address an unlinked account has. */
async function missingAmong(
  deps: AccountReportDeps,
  target: string,
  page: readonly StandingOf[],
  byMail: Map<string, PersonId>,
): Promise<readonly MissingAccount[]> {
  const keys = new Map(
    page.flatMap(({ person: { id, mail } }) => (mail === undefined ? [] : [[deps.mailKey(mail), id]])),
  );
  const found = await deps.foundOf(target, {
    people: page.map(({ person }) => person.id),
    mails: [...keys.keys()],
  });
  const usable = new Set(found.flatMap(({ person, isActive }) => (isActive && person ? [person] : [])));
  for (const { externalId, person, mail = '' } of found) {
    const bearer = keys.get(mail);
    if (person === undefined && bearer) byMail.set(externalId, bearer);
  }
  const without = page.filter(({ person, wanted }) => wanted.outcome === 'access' && !usable.has(person.id));
  return Promise.all(
    without.map(async (standing) => {
      const { person, name, because } = knownOf(standing);
      const { externalId } = (await deps.accountOf(target, person)) ?? {};
      return {
        ...{ person, ...(name !== undefined && { name }), because },
        ...(externalId !== undefined && { externalId }),
      };
    }),
  );
}

type Known = {
  readonly person: PersonId;
  readonly name: string | undefined;
  readonly status: Person['status'];
  readonly wanted: Wanted['outcome'];
  readonly because: readonly string[];
};

function knownOf({ person, wanted }: StandingOf): Known {
  return {
    ...{ person: person.id, name: person.displayName ?? person.login, status: person.status },
    ...{ wanted: wanted.outcome, because: reasonsOf(wanted) },
  };
}

/** Who may be behind the accounts of one page. */
type Behind = {
  readonly people: ReadonlyMap<PersonId, Known>;
  readonly byMail: ReadonlyMap<string, PersonId>;
  readonly beside: ReadonlyMap<string, Beside>;
};

async function knownFor(
  deps: AccountReportDeps,
  target: string,
  page: readonly FoundAccount[],
  byMail: ReadonlyMap<string, PersonId>,
): Promise<Behind> {
  const unlinked = page.filter(({ person }) => person === undefined);
  const beside = await deps.managedBeside(
    target,
    unlinked.map(({ externalId }) => externalId),
  );
  const ids = page.flatMap(
    ({ person, externalId }) => person ?? beside.get(externalId)?.person ?? byMail.get(externalId) ?? [],
  );
  const people = new Map<PersonId, Known>();
  if (ids.length > 0) {
    for await (const each of deps.standings(target, { ids })) people.set(each.person.id, knownOf(each));
  }
  return { people, byMail, beside };
}

function reasonsOf(wanted: Wanted): readonly string[] {
  switch (wanted.outcome) {
    case 'access':
      return [...new Set(wanted.accesses.flatMap(({ because }) => because))];
    case 'end':
      return [wanted.because];
    case 'undecided':
      return [wanted.about];
    default:
      return wanted satisfies never;
  }
}

async function rowOf(
  deps: AccountReportDeps,
  found: FoundAccount,
  { people, byMail, beside }: Behind,
  options: AccountReportOptions,
): Promise<AccountRow> {
  const { target, externalId, isActive, person } = found;
  const managed = person === undefined ? beside.get(externalId) : undefined;
  const who = person ?? managed?.person ?? byMail.get(externalId);
  const known = who === undefined ? undefined : people.get(who);
  const account = person === undefined ? undefined : await deps.accountOf(target, person);
  const lastSignIn = found.lastSignIn ?? (await lastSignInOf(deps, person, options));
  const answer = classify({
    ...{ found, standing: known, lastSignIn, holdsOthers: options.holdsOthers },
    isEnded: account?.ending !== undefined && account.ending.done.length > 0,
    dormantBefore: options.dormantBefore,
    ...(managed && { managedBy: managed.target }),
  });
  return {
    ...{ target, externalId, ...answer, isActive, because: managed ? [] : (known?.because ?? []) },
    ...(who !== undefined && { person: who, status: known?.status ?? ('gone' as const) }),
    ...(known?.name !== undefined && { name: known.name }),
    ...(lastSignIn && { lastSignIn }),
  };
}

/** The last time that we let the person into this target. */
async function lastSignInOf(
  { accessLog }: AccountReportDeps,
  person: PersonId | undefined,
  { relyingParties }: AccountReportOptions,
): Promise<Date | undefined> {
  if (person === undefined) return undefined;
  let last: Date | undefined;
  for (const relyingParty of relyingParties) {
    const filter = { personId: person, relyingParty, types: ['login.issued'] };
    const { events } = await accessLog.searchEvents(filter, { limit: 1 });
    const at = events[0] && new Date(events[0].time);
    if (at && (!last || at > last)) last = at;
  }
  return last;
}
