import { canonicalJson, type PersonId, SECOND } from '../../base/index.ts';
import type { ListAnswer, ListedAccount } from '../connector/connector.ts';
import { isTrusted } from '../connector/existing-account.ts';
import { ProvisioningError } from '../errors.ts';
import type { ImportedAccounts, ImportOptions, PeopleLookup } from '../planning/mass-changes.ts';
import type { WantedInTarget } from '../planning/people-plan.ts';
import type { Provisioning } from '../provisioning.ts';
import type { RunNeeds } from '../run.ts';
import { createCallBudget } from '../targets/call-budget.ts';
import type { LiveTarget } from '../targets/live-target.ts';
import { type FoundAccount, forgetUnseen, keepFound, mailKey, ownerOf } from './found-store.ts';
import { Patience, stopped } from './import-patience.ts';
import { keepImport } from './import-store.ts';
import { noteVanished } from './vanished.ts';

const PAGE_BUDGET_MS = 30 * SECOND;

type Needs = {
  readonly needs: RunNeeds;
  readonly provisioning: Pick<Provisioning, 'queueAccount' | 'lookAtTasks' | 'managedBeside'>;
  readonly sleep: (ms: number) => Promise<void>;
};

/**
 * Reads all accounts of a target and settles whose they are (S20). An account is linked by the id or marker that it
 * carries, or by mail within R1.3; the rest is written down as unclaimed or ambiguous. Running it twice changes nothing.
 *
 * @throws ProvisioningError `provisioning.no_list`, `provisioning.import_stopped`.
 */
export async function importAccounts(
  room: Needs,
  target: LiveTarget,
  people: PeopleLookup,
  options: ImportOptions,
): Promise<ImportedAccounts> {
  const { needs } = room;
  const started = needs.clock.now();
  const failed = await target.ensurePrepared(PAGE_BUDGET_MS);
  if (failed) throw stopped(target, failed.code);
  const counts = { created: 0, linked: 0, ambiguous: 0, skipped: 0 };
  const patience = new Patience(target, needs.clock, room.sleep);
  let seen = 0;
  for await (const { accounts, total } of pagesOf(target, patience)) {
    for (const account of accounts) {
      counts[await settle(room, target, account, people, options)] += 1;
      seen += 1;
    }
    options.onProgress?.({ seen, ...(total !== undefined && { total }) });
  }
  const gone = new Set(await forgetUnseen(needs.db, target.id, started));
  for (const each of await noteVanished(needs, target, {
    began: started,
    thread: options.thread,
    patience,
  })) {
    gone.add(each);
  }
  const ended = { beganAt: started, endedAt: needs.clock.now(), accounts: seen };
  await room.provisioning.lookAtTasks(target.id, options);
  await keepImport(needs.db, target.id, ended);
  return { ...counts, gone: gone.size };
}

async function* pagesOf(
  target: LiveTarget,
  patience: Patience,
): AsyncGenerator<Extract<ListAnswer, { outcome: 'listed' }>> {
  const { list } = target.open;
  if (!list) {
    throw new ProvisioningError({ code: 'provisioning.no_list', status: 409, detail: `target ${target.id}` });
  }
  let cursor: string | undefined;
  for (;;) {
    const budget = createCallBudget('background', PAGE_BUDGET_MS);
    const answer = await list.call(target.open, cursor, budget);
    await target.quota?.settle(budget.calls);
    if (answer.outcome === 'listed') {
      yield answer;
      // The same place again: there would be no end, and what was seen is not everything.
      if (answer.next !== undefined && answer.next === cursor) {
        throw stopped(target, 'provisioning.bad_answer');
      }
      cursor = answer.next;
      if (cursor === undefined) return;
      continue;
    }
    await patience.wait(answer);
  }
}

type Result = keyof Omit<ImportedAccounts, 'gone'>;

async function settle(
  room: Needs,
  target: LiveTarget,
  account: ListedAccount,
  people: PeopleLookup,
  options: ImportOptions,
): Promise<Result> {
  const { result, person } = await claim(room, target, account, people, options);
  const kept = await keepFound(
    room.needs.db,
    foundOf(room, target, account, result, person),
    room.needs.clock.now(),
  );
  if (result === 'ambiguous') return 'ambiguous';
  if (kept === 'same' || result === 'skipped') return 'skipped';
  if (result === 'linked') return 'linked';
  return kept === 'new' ? 'created' : 'skipped';
}

type Claim = { readonly result: FoundAccount['result']; readonly person?: PersonId };

async function claim(
  room: Needs,
  target: LiveTarget,
  account: ListedAccount,
  people: PeopleLookup,
  options: ImportOptions,
): Promise<Claim> {
  if (account.untouchable) return { result: 'skipped' };
  const owner = await ownerOf(room.needs.db, target.id, account);
  if (owner?.isLinked) return { result: 'linked', person: owner.person };
  const named = owner?.person ?? (account.subject === undefined ? undefined : people.idOf(account.subject));
  if (named !== undefined) {
    const known = await people.byId(named);
    if (known?.outcome !== 'access') return { result: 'unclaimed' };
    // A marker says that we made it. An id only nominates, as mail does, and whoever edits the account may write it.
    if (!owner && !mayAdopt(target, account, known)) return { result: 'ambiguous' };
    const linked = await link(room, target, known, options);
    return linked ? { result: 'linked', person: named } : { result: 'unclaimed' };
  }
  const beside = await room.provisioning.managedBeside(target.id, [account.externalId]);
  // Another target of ours looks after it.
  if (beside.has(account.externalId)) return { result: 'skipped' };
  const { mail } = account.image;
  const candidates = typeof mail === 'string' && mail !== '' ? await people.withMail(mail) : [];
  const [known, ...others] = candidates;
  if (!known) return { result: 'unclaimed' };
  const isAllowed = others.length === 0 && mayAdopt(target, account, known);
  if (!isAllowed || known.outcome !== 'access') return { result: 'ambiguous' };
  const linked = await link(room, target, known, options);
  return linked ? { result: 'linked', person: known.person.id } : { result: 'ambiguous' };
}

/** R1.3: policy alone may give this account to this person. An administrator's approval is asked for at a sign-in. */
function mayAdopt({ policy }: LiveTarget, account: ListedAccount, known: WantedInTarget): boolean {
  const mail = String(account.image['mail'] ?? '').toLowerCase();
  const isTheirs = known.person.mail?.toLowerCase() === mail;
  return policy.onExisting === 'adopt' && isTheirs && isTrusted(mail, known.trustedMailDomains);
}

/** Leaves the link itself to the ordinary way, which locks a former password out first (R1.3). */
async function link(
  { provisioning }: Needs,
  target: LiveTarget,
  known: WantedInTarget,
  { thread }: ImportOptions,
): Promise<boolean> {
  if (known.outcome !== 'access') return false;
  const { person, accesses, trustedMailDomains } = known;
  const request = { person, target: target.id, accesses, trustedMailDomains, thread, create: true };
  return (await provisioning.queueAccount(request)).outcome === 'queued';
}

function foundOf(
  { needs }: Needs,
  target: LiveTarget,
  account: ListedAccount,
  result: FoundAccount['result'],
  person: PersonId | undefined,
): FoundAccount {
  const { mail, channels } = account.image;
  const known = typeof mail === 'string' && mail !== '';
  return {
    ...(Array.isArray(channels) && { channels: channels.map(String) }),
    ...{ target: target.id, externalId: account.externalId, result, person, isActive: account.isActive },
    untouchable: account.untouchable === true,
    lastSignIn: account.lastSignIn,
    mail: known ? mailKey(needs.keys, mail) : undefined,
    imageHash: needs.keys.lookup('provisioning', canonicalJson(account.image)),
  };
}
