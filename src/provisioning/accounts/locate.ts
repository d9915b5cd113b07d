import { randomText } from '../../base/index.ts';
import type { ReadAccount } from '../connector/connector.ts';
import { chooseExistingAccount } from '../connector/existing-account.ts';
import { mayCall, type NotNow, type Refused, type Run } from '../run.ts';
import { recordGone, recordRefusal } from './account-records.ts';
import { linkedToOthers } from './candidate-store.ts';

/** Where the person's account is in the target, and with it the run that knows. */
export type Located =
  | { readonly outcome: 'account'; readonly run: Run; readonly account: ReadAccount; readonly how: LinkKind }
  | { readonly outcome: 'none'; readonly run: Run }
  | { readonly outcome: 'stopped'; readonly run: Run; readonly result: Refused | NotNow };

/** `linked` before this run; `ours` because we made it, not linked yet; `adopt` somebody else's, to be taken over. */
export type LinkKind = 'linked' | 'ours' | 'adopt';

/**
 * Finds the account: by the target's own id once it is linked, whatever the mail says today (R1.1); by what
 * connectors look for only while no link exists (R1.3, R5.3). One call, two when a linked account has vanished.
 */
export async function locateAccount(run: Run): Promise<Located> {
  const { externalId, refs } = run.account;
  if (externalId === undefined) return locateCandidates(run);
  const answer = await run.target.open.findById(externalId, run.desired.image, refs, run.budget);
  if (answer.outcome === 'unavailable') return { outcome: 'stopped', run, result: answer };
  const [account] = answer.accounts;
  if (account) return { outcome: 'account', run, account, how: 'linked' };
  run.log.warn('linked account is not in the target any more', {
    account: run.account.id,
    target: run.target.id,
  });
  const forgotten = await recordGone(run, randomText());
  await run.onStep('gone recorded');
  return locateCandidates(forgotten);
}

/** Looks for accounts that could be the person's, by their stable id or mail, and settles whose they are. */
export async function locateCandidates(run: Run): Promise<Located> {
  if (!mayCall(run, 2)) {
    return stop(run, { outcome: 'unavailable', code: 'provisioning.slow' });
  }
  const earlier = await locateByEarlierImage(run);
  if (earlier) return earlier;
  const answer = await run.target.open.findCandidates(run.desired.image, run.budget);
  if (answer.outcome === 'unavailable') return stop(run, answer);
  return chooseAmong(run, answer.accounts);
}

/**
 * A creation whose reply was lost may have used a mail address that has changed since. Only our marker counts
 * there: whoever else has that address is none of our business.
 */
async function locateByEarlierImage(run: Run): Promise<Located | undefined> {
  const { earlierMail } = run;
  const mail = mailOf(run);
  if (earlierMail === undefined || mail === '' || earlierMail.toLowerCase() === mail.toLowerCase()) {
    return undefined;
  }
  const earlier = { ...run.desired.image, mail: earlierMail };
  const answer = await run.target.open.findCandidates(earlier, run.budget);
  if (answer.outcome === 'unavailable') return stop(run, answer);
  const account =
    answer.accounts.find(({ marker }) => marker === run.account.marker) ??
    (await freshCreation(run, answer.accounts, earlierMail));
  return account && { outcome: 'account', run, account, how: 'ours' };
}

/** Where accounts carry no marker: the one that a lost request made for this address, while nothing was given to it. */
async function freshCreation(
  run: Run,
  accounts: readonly ReadAccount[],
  mail: string,
): Promise<ReadAccount | undefined> {
  const [account, ...others] = accounts;
  if (!account || others.length > 0 || account.fresh !== true || creationOf(run, mail) !== 'here')
    return undefined;
  return (await linkedToOthers(run.db, run.account, [account])).size > 0 ? undefined : account;
}

function creationOf({ maybeCreated }: Run, mail: string): 'here' | 'elsewhere' | undefined {
  if (!maybeCreated) return undefined;
  return maybeCreated.mail?.toLowerCase() === mail.toLowerCase() ? 'here' : 'elsewhere';
}

/** Empty where the target knows people by something else. */
function mailOf(run: Run): string {
  const mail = run.desired.image['mail'];
  return typeof mail === 'string' ? mail : '';
}

async function chooseAmong(run: Run, candidates: readonly ReadAccount[]): Promise<Located> {
  const choice = chooseExistingAccount({
    candidates,
    marker: run.account.marker,
    linkedElsewhere: await linkedToOthers(run.db, run.account, candidates),
    mail: mailOf(run),
    trustedMailDomains: run.desired.trustedMailDomains,
    onExisting: run.target.policy.onExisting,
    approved: run.account.approved,
    creation: creationOf(run, mailOf(run)),
  });
  switch (choice.verdict) {
    case 'none':
      return { outcome: 'none', run };
    case 'ours':
      return { outcome: 'account', run, account: choice.account, how: 'ours' };
    case 'adopt':
      return { outcome: 'account', run, account: choice.account, how: 'adopt' };
    case 'refuse': {
      await recordRefusal(run, choice.code, choice.candidates);
      const facts = { candidates: choice.candidates.length };
      return stop(run, { outcome: 'refused', code: choice.code, facts });
    }
  }
}

function stop(run: Run, result: Refused | NotNow): Located {
  return { outcome: 'stopped', run, result };
}
