import { z } from 'zod';
import type { Secret } from '../../../src/base/index.ts';
import { secret, url } from '../../../src/platform/config/index.ts';
import type { AccountImage, Field } from '../../../src/provisioning/connector/account-image.ts';
import {
  type ActRequest,
  type CallFailed,
  defineConnector,
  type ListAnswer,
  type OpenTarget,
  type PrepareAnswer,
  type ReadAccount,
  type ReadAnswer,
  type TargetDeps,
  type UpdateRequest,
  type WriteAnswer,
} from '../../../src/provisioning/connector/connector.ts';
import type { Rung } from '../../../src/provisioning/connector/ladder.ts';
import { tidy } from '../../../src/provisioning/connector/person-values.ts';
import { callTarget } from '../../../src/provisioning/connector/target-call.ts';
import { commonSettings, policyOf, rungDelay } from '../../../src/provisioning/connector/target-policy.ts';
import type { CallBudget } from '../../../src/provisioning/targets/call-budget.ts';

// The connector of docs/connectors/writing-a-connector.md: a kind of target in one file, used by the engine's own tests.

const BookTarget = z.strictObject({
  ...commonSettings,
  apiUrl: url().describe('Root of the address book.'),
  tokens: z.array(secret()).min(1).describe('API tokens, newest first.'),
  ladder: z
    .strictObject({ leaveListsAfter: rungDelay().prefault('1d'), deleteAfter: rungDelay().optional() })
    .prefault({}),
  callsPerHour: z.int().min(1).optional(),
});
type BookTarget = z.infer<typeof BookTarget>;

const BookRole = z.strictObject({ lists: z.array(z.string()).default([]), badge: z.string().optional() });
type BookRole = z.infer<typeof BookRole>;

export const addressBook = defineConnector<BookTarget, BookRole>({
  kind: 'address-book',
  title: 'Address book',
  capabilities: {
    ...{ createsAccounts: true, adoptsAccounts: true, findsByMail: true },
    ...{ listsAccounts: true, endsSessions: true, measuresClock: false },
  },
  serves: ['oidc', 'saml'],
  targetConfig: BookTarget,
  roleConfig: BookRole,
  checkTarget: () => [],
  place: ({ apiUrl }) => apiUrl.host,
  policy: (settings) =>
    policyOf(settings, {
      callsInSignIn: 4,
      ...(settings.callsPerHour !== undefined && {
        rate: { calls: settings.callsPerHour, perMs: 3_600_000, reserved: 4 },
      }),
    }),
  open: (settings, deps) => new OpenBook(settings, deps),
});

const Entry = z.object({
  ...{ id: z.string(), mail: z.string(), name: z.string(), tag: z.string(), badge: z.string() },
  state: z.enum(['in-use', 'suspended']),
  lists: z.array(z.string()),
});
type Entry = z.infer<typeof Entry>;
const Entries = z.object({ people: z.array(Entry), total: z.number() });

class OpenBook implements OpenTarget {
  readonly fields: Readonly<Record<string, Field>> = {
    state: { kind: 'exclusive', call: 'entry', title: 'state', atCreation: true, isLock: true },
    lists: { kind: 'set', call: 'lists', title: 'mailing lists', members: 'given', splits: true },
    badge: { kind: 'exclusive', call: 'none', title: 'badge', byHand: true },
    mail: { kind: 'detail', call: 'entry', title: 'mail address', atCreation: true, caseless: true },
    name: { kind: 'detail', call: 'entry', title: 'name', atCreation: true },
  };
  readonly calls = ['entry', 'lists'] as const;
  readonly ladder: readonly Rung[];
  readonly #settings: BookTarget;
  readonly #deps: TargetDeps;
  #lists: readonly string[] = [];

  constructor(settings: BookTarget, deps: TargetDeps) {
    this.#settings = settings;
    this.#deps = deps;
    const { leaveListsAfter, deleteAfter } = settings.ladder;
    this.ladder = [
      { id: 'suspend', title: 'suspended', afterMs: 0, image: { state: 'suspended' } },
      { id: 'sessions', title: 'sessions ended', afterMs: 0, act: 'end-sessions', mayWait: true },
      { id: 'lists', title: 'on no list', afterMs: leaveListsAfter, image: { lists: [] } },
      ...(deleteAfter === undefined
        ? []
        : [{ id: 'delete', title: 'deleted', afterMs: deleteAfter, act: 'delete', removes: true }]),
    ];
  }

  authority(): 'directory' {
    return 'directory';
  }

  managed(): readonly string[] {
    return this.#roles().flatMap(({ account }) => account.lists);
  }

  desire(...[person, accesses]: Parameters<OpenTarget['desire']>): ReturnType<OpenTarget['desire']> {
    const mail = tidy(person.mail);
    if (mail === '')
      return { outcome: 'refused', code: 'provisioning.mail_missing', detail: 'no mail address' };
    const held = this.#roles().filter(({ id }) => accesses.some(({ role }) => role === id));
    const [first] = held;
    if (!first)
      return { outcome: 'refused', code: 'provisioning.role_unmapped', detail: 'no role of the book' };
    const lists = [...new Set(held.flatMap(({ account }) => account.lists))].sort();
    const { badge } = first.account;
    const image: AccountImage = {
      ...{ state: 'in-use', lists, mail, name: tidy(person.displayName) },
      ...(badge !== undefined && { badge }),
    };
    return { outcome: 'desired', image, problems: [] };
  }

  unresolved(image: AccountImage): readonly string[] {
    const wanted = Array.isArray(image['lists']) ? image['lists'].map(String) : [];
    return wanted.filter((list) => !this.#lists.includes(list)).map((list) => `mailing list ${list}`);
  }

  async findById(id: string, _desired: AccountImage, _refs: object, budget: CallBudget): Promise<ReadAnswer> {
    const answer = await this.#call('GET', `people/${id}`, undefined, budget);
    if (answer.outcome !== 'answered') return answer;
    if (answer.status === 404) return { outcome: 'read', accounts: [] };
    return this.#read(answer.value, (value) => [Entry.parse(value)]);
  }

  async findCandidates(desired: AccountImage, budget: CallBudget): Promise<ReadAnswer> {
    const mail = encodeURIComponent(String(desired['mail'] ?? ''));
    const answer = await this.#call('GET', `people?mail=${mail}`, undefined, budget);
    if (answer.outcome !== 'answered') return answer;
    return this.#read(answer.value, (value) => Entries.parse(value).people);
  }

  create(desired: AccountImage, marker: string, budget: CallBudget): Promise<WriteAnswer> {
    return this.#write('POST', 'people', { ...desired, tag: marker }, budget);
  }

  update(request: UpdateRequest, budget: CallBudget): Promise<WriteAnswer> {
    const { externalId, changes, marker, takeOver } = request;
    return this.#write(
      'PUT',
      `people/${externalId}`,
      { ...changes, ...(takeOver && { tag: marker }) },
      budget,
    );
  }

  act({ externalId, act }: ActRequest, budget: CallBudget): Promise<WriteAnswer> {
    if (act === 'delete') return this.#write('DELETE', `people/${externalId}`, undefined, budget);
    return this.#write('PUT', `people/${externalId}`, {}, budget);
  }

  async list(cursor: string | undefined, budget: CallBudget): Promise<ListAnswer> {
    const from = Number(cursor ?? 0);
    const answer = await this.#call('GET', `people?from=${from}`, undefined, budget);
    if (answer.outcome !== 'answered') return answer;
    const { people, total } = Entries.parse(answer.value);
    const next = from + people.length;
    return {
      ...{ outcome: 'listed', total },
      accounts: people.map((entry) => ({ ...account(entry), isActive: entry.state === 'in-use' })),
      ...(next < total && { next: String(next) }),
    };
  }

  async prepare(budget: CallBudget): Promise<PrepareAnswer> {
    const answer = await this.#call('GET', 'lists', undefined, budget);
    if (answer.outcome !== 'answered') return answer;
    this.#lists = z.array(z.string()).parse(answer.value);
    return { outcome: 'prepared', facts: this.#lists, problems: [] };
  }

  restore(facts: unknown): void {
    this.#lists = z.array(z.string()).catch([]).parse(facts);
  }

  entryUrl(): undefined {
    return undefined;
  }

  /** Every role that leads here, with its meaning; parsed by this connector's own schema. */
  #roles(): readonly { readonly id: string; readonly account: BookRole }[] {
    return this.#deps.relyingParties.flatMap(({ roles }) =>
      roles.map(({ id, account }) => ({ id, account: account as BookRole })),
    );
  }

  #read(value: unknown, entries: (value: unknown) => readonly Entry[]): ReadAnswer {
    return { outcome: 'read', accounts: entries(value).map(account) };
  }

  async #write(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    body: object | undefined,
    budget: CallBudget,
  ): Promise<WriteAnswer> {
    const answer = await this.#call(method, path, body, budget);
    if (answer.outcome !== 'answered') return answer;
    if (answer.status === 404) return { outcome: 'gone' };
    if (answer.status === 409) return { outcome: 'duplicate' };
    if (answer.status === 422) return { outcome: 'invalid', detail: 'the book refused a value' };
    if (answer.status === 423)
      return { outcome: 'blocked', reasons: ['The entry is locked at the front desk.'] };
    return { outcome: 'written', account: account(Entry.parse(answer.value)) };
  }

  async #call(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body: object | undefined,
    budget: CallBudget,
  ): Promise<
    { readonly outcome: 'answered'; readonly status: number; readonly value: unknown } | CallFailed
  > {
    const [token] = this.#settings.tokens as readonly Secret[];
    const request = {
      method,
      url: new URL(path, this.#settings.apiUrl),
      headers: { authorization: `Bearer ${token?.reveal() ?? ''}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    };
    const answer = await callTarget(this.#deps, request, budget, method !== 'GET');
    if (answer.outcome === 'unavailable') return answer;
    const { status, headers } = answer.response;
    const retryAfterSeconds = Number(headers['retry-after'] ?? Number.NaN);
    const retry = Number.isFinite(retryAfterSeconds) ? { retryAfterSeconds } : {};
    if (status === 429) {
      return { outcome: 'unavailable', code: 'provisioning.rate_limited', maybeApplied: false, ...retry };
    }
    if (status === 401)
      return { outcome: 'unavailable', code: 'provisioning.token_revoked', maybeApplied: false };
    if (status >= 500) {
      const maybeApplied = method !== 'GET';
      return { outcome: 'unavailable', code: 'provisioning.target_error', maybeApplied, ...retry };
    }
    return { outcome: 'answered', status, value: JSON.parse(answer.response.body) as unknown };
  }
}

function account({ id, tag, state, lists, badge, mail, name }: Entry): ReadAccount {
  const image = { state, lists: [...lists].sort(), badge, mail, name };
  return { externalId: id, image, refs: {}, ...(tag !== '' && { marker: tag }) };
}
