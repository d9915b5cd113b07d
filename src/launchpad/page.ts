import { createHash } from 'node:crypto';
import { DAY, HOUR, MINUTE } from '../base/index.ts';
import { describeInstant, launchHref, type SignedIn } from '../login/index.ts';
import type { Decision } from '../model/index.ts';
import type { RelyingParty } from '../relying-parties/index.ts';

/** One line of the person's own history. */
export type HistoryEntry = {
  readonly at: Date;
  readonly relyingParty?: string;
  readonly outcome: 'success' | 'refused' | 'failed';
  readonly reference: string;
};

export type ListedSession = {
  readonly id: string;
  readonly connection: string;
  readonly device: string;
  readonly openedAt: Date;
  readonly ends: Date;
};

const HUES = 12;

/** Data of the launchpad page. Pure. */
export function launchpadPage(input: {
  readonly signedIn: SignedIn;
  readonly relyingParties: readonly RelyingParty[];
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly sessions: readonly ListedSession[];
  readonly history: readonly HistoryEntry[];
  readonly titleOfConnection: (id: string) => string;
  readonly notice: string | null;
  readonly now: Date;
}): Record<string, unknown> {
  const { signedIn, relyingParties, decisions, now } = input;
  const visible = relyingParties.filter(({ hidden }) => !hidden);
  const { person } = signedIn;
  return {
    person: {
      name: person.displayName ?? person.givenName ?? person.login ?? 'you',
      login: person.login ?? '',
    },
    tiles: visible.flatMap((party) => tile(party, decisions.get(party.id), now)),
    closed: visible.flatMap((party) => closed(party, decisions.get(party.id))),
    sessions: input.sessions.map((session) => ({
      id: session.id,
      current: session.id === signedIn.session.id,
      connection: input.titleOfConnection(session.connection),
      started: describeInstant(session.openedAt),
      ends: describeInstant(session.ends),
      device: session.device,
      endAction: `/sessions/${session.id}/end`,
    })),
    history: input.history.map((entry) => ({
      at: describeInstant(entry.at),
      text: historyText(entry, relyingParties),
      outcome: entry.outcome,
      reference: entry.reference,
    })),
    signOutAction: '/logout/now',
    notice: input.notice,
  };
}

function tile(party: RelyingParty, decision: Decision | undefined, now: Date): object[] {
  if (decision?.outcome !== 'allow') return [];
  const { roles, ends } = decision.entitlement;
  const role = party.roles.find(({ id }) => id === roles[0]?.id);
  return [
    {
      id: party.id,
      title: party.title,
      description: party.description,
      kind: party.kind,
      href: launchHref({ relyingParty: party.id }),
      role: role?.title ?? '',
      ends: ends
        ? { ...describeInstant(ends), left: timeLeft(now, ends), share: shareLeft(now, ends) }
        : null,
      initials: initials(party.title),
      hue: hueOf(party.id),
    },
  ];
}

/** Only what has something to say to this person: a window that will open, an end that passed, a closed store. */
function closed(party: RelyingParty, decision: Decision | undefined): object[] {
  if (decision?.outcome !== 'deny' || decision.code === 'policy.no_rule') return [];
  const opens = decision.opensAt ? ` It opens again ${describeInstant(decision.opensAt).text}.` : '';
  return [{ title: party.title, reason: `${decision.reason.text}${opens}` }];
}

function historyText(entry: HistoryEntry, relyingParties: readonly RelyingParty[]): string {
  const title = relyingParties.find(({ id }) => id === entry.relyingParty)?.title ?? 'Stores and apps';
  switch (entry.outcome) {
    case 'success':
      return `Opened ${title}`;
    case 'refused':
      return `Was not let into ${title}`;
    case 'failed':
      return `Could not reach ${title}`;
    default:
      return entry.outcome satisfies never;
  }
}

/** `2 days`, `5 hours`, `3 minutes`: rounded down, so that nobody is promised more than there is. */
export function timeLeft(now: Date, ends: Date): string {
  const ms = Math.max(0, ends.getTime() - now.getTime());
  for (const [unit, length] of [
    ['day', DAY],
    ['hour', HOUR],
    ['minute', MINUTE],
  ] as const) {
    const count = Math.floor(ms / length);
    if (count >= 1) return `${count} ${unit}${count === 1 ? '' : 's'} left`;
  }
  return 'less than a minute left';
}

/** Of the last 30 days, how much is left: the bar beside the words. */
function shareLeft(now: Date, ends: Date): number {
  return Math.min(1, Math.max(0, ends.getTime() - now.getTime()) / (30 * DAY));
}

function initials(title: string): string {
  const words = title.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  return words
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase() ?? '')
    .join('');
}

/** The same store always has the same colour. */
function hueOf(id: string): number {
  return (createHash('sha256').update(id).digest()[0] ?? 0) % HUES;
}
