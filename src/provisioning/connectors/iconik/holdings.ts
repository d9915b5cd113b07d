import type { Clock } from '../../../base/index.ts';
import type { CallFailed, Holding, HoldingsAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { failedRead } from './answers.ts';
import { contentCalls, trustCalls, userCalls } from './calls.ts';
import type { IconikApi } from './iconik-api.ts';
import { readAfter, readPages } from './paging.ts';
import type { Share } from './schema.ts';

type Needs = { readonly api: IconikApi; readonly clock: Clock; readonly budget: CallBudget };

const EXAMPLES = 5;

/**
 * What a user leaves behind: links that still open for the address, links that the user made, and tokens that die with
 * the user. Shares have a sign-in of their own, so closing the account does not close them.
 */
export async function readHoldings(needs: Needs, externalId: string): Promise<HoldingsAnswer> {
  const { api, budget } = needs;
  const user = await api.send(userCalls.read(externalId), budget);
  if (user.outcome === 'missing') return { outcome: 'holdings', holdings: [] };
  if (user.outcome !== 'ok') return failedRead(user);
  const shares = await openShares(needs);
  if ('outcome' in shares) return shares;
  const mail = user.body.email.toLowerCase();
  const received = shares.filter(({ users }) => users.some(({ email }) => email.toLowerCase() === mail));
  const made = shares.filter(({ owner_id }) => owner_id === externalId);
  const tokens = await ownTokens(needs, externalId);
  return {
    outcome: 'holdings',
    holdings: [
      ...holding('shares sent to the address of the user, which stay open', received.map(describe)),
      ...holding('shares made by the user', made.map(describe)),
      ...holding('application tokens of the user, which end with it; storage gateways may use them', tokens),
    ],
  };
}

/** Shares that have not expired. */
async function openShares({ api, clock, budget }: Needs): Promise<readonly Share[] | CallFailed> {
  const all = await readPages(api, contentCalls.shares, budget);
  if (all.outcome === 'unavailable') return all;
  const now = clock.now();
  return all.outcome === 'all' ? all.entries.filter(({ expires }) => !expires || expires > now) : [];
}

/** Only who may read applications sees tokens of others; the rest is told without them. */
async function ownTokens({ api, budget }: Needs, userId: string): Promise<readonly string[]> {
  const all = await readAfter(api, trustCalls.tokens, ({ id }) => id, budget);
  if (all.outcome !== 'all') return [];
  return all.entries.filter(({ user_id }) => user_id === userId).map(({ app_id }) => `application ${app_id}`);
}

function describe({ title, object_title, id, expires }: Share): string {
  const name = title || object_title || id;
  return expires ? `${name}, until ${expires.toISOString().slice(0, 10)}` : `${name}, without an end`;
}

function holding(what: string, examples: readonly string[]): readonly Holding[] {
  return examples.length === 0
    ? []
    : [{ what, count: examples.length, examples: examples.slice(0, EXAMPLES) }];
}
