import type { AccessLog, Reader } from '../access-log/index.ts';
import type { PersonId } from '../base/index.ts';
import type { Person } from '../model/index.ts';
import type { AccountView, FoundAccount } from '../provisioning/index.ts';
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

export type AccountReport = {
  readonly target: string;
  readonly rows: readonly AccountRow[];
  readonly missing: readonly MissingAccount[];
  /** Each account of the target's own list is counted once. */
  readonly totals: Readonly<Record<AccountClass, number>>;
  readonly accounts: number;
};

export type AccountReportDeps = {
  /** What the last import found; its totals are the target's own. */
  readonly found: (target: string) => AsyncIterable<FoundAccount>;
  /** Everybody in the directory. */
  readonly standings: (target: string) => AsyncIterable<StandingOf>;
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

/**
 * Compares the target's own list with what policy wants now. It shows the target as the last import saw it; who
 * looks stands in the access log.
 */
export async function accountReport(
  deps: AccountReportDeps,
  target: string,
  options: AccountReportOptions,
  as: Reader,
): Promise<AccountReport> {
  const known = await readStandings(deps, target);
  const totals = Object.fromEntries(ACCOUNT_CLASSES.map((each) => [each, 0])) as Record<AccountClass, number>;
  const rows: AccountRow[] = [];
  // Asked once in the name of whoever looks; what follows belongs to the same look.
  await deps.accessLog.searchEvents({ target }, { limit: 1 }, as);
  for await (const found of deps.found(target)) {
    const row = await rowOf(deps, found, known, options);
    totals[row.class] += 1;
    rows.push(row);
    if (found.person !== undefined && row.note !== CLOSED) known.byPerson.delete(found.person);
  }
  const missing: MissingAccount[] = [];
  for (const { person, name, wanted, because } of known.byPerson.values()) {
    if (wanted !== 'access') continue;
    const { externalId } = (await deps.accountOf(target, person)) ?? {};
    missing.push({
      ...{ person, ...(name !== undefined && { name }), because },
      ...(externalId !== undefined && { externalId }),
    });
  }
  return { target, rows, missing, totals, accounts: rows.length };
}

const CLOSED = 'closed in the target';

type Known = {
  readonly person: PersonId;
  readonly name: string | undefined;
  readonly status: Person['status'];
  readonly wanted: Wanted['outcome'];
  readonly because: readonly string[];
};
type Standings = {
  /** Everybody; those whose account was found are taken out. */
  readonly byPerson: Map<PersonId, Known>;
  readonly all: ReadonlyMap<PersonId, Known>;
  readonly byMail: ReadonlyMap<string, Known>;
};

/** Only what the report shows, so that a large directory fits. */
async function readStandings(deps: AccountReportDeps, target: string): Promise<Standings> {
  const all = new Map<PersonId, Known>();
  const byMail = new Map<string, Known>();
  for await (const { person, wanted } of deps.standings(target)) {
    const known: Known = {
      ...{ person: person.id, name: person.displayName ?? person.login, status: person.status },
      ...{ wanted: wanted.outcome, because: reasonsOf(wanted) },
    };
    all.set(person.id, known);
    if (person.mail !== undefined) byMail.set(deps.mailKey(person.mail), known);
  }
  return { byPerson: new Map(all), all, byMail };
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
  { all, byMail }: Standings,
  options: AccountReportOptions,
): Promise<AccountRow> {
  const { target, externalId, isActive, person } = found;
  const linked = person === undefined ? undefined : all.get(person);
  const known = person === undefined && found.mail !== undefined ? byMail.get(found.mail) : linked;
  const account = person === undefined ? undefined : await deps.accountOf(target, person);
  const lastSignIn = found.lastSignIn ?? (await lastSignInOf(deps, person, options));
  const answer = classify({
    ...{ found, standing: known, lastSignIn, holdsOthers: options.holdsOthers },
    isEnded: account?.ending !== undefined && account.ending.done.length > 0,
    dormantBefore: options.dormantBefore,
  });
  const who = known?.person ?? person;
  return {
    ...{ target, externalId, ...answer, isActive, because: known?.because ?? [] },
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
