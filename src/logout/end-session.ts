import { accessEvents, type NewAccessEvent, type Origin } from '../access-log/index.ts';
import { type LoginId, newId } from '../base/index.ts';
import type { EndedSession, SessionEndReason, SessionRef } from '../session/index.ts';
import type { EndingDeps } from './deps.ts';
import { finishIfDone, finishLater } from './finish.ts';
import { leaveLater, leftAfterAll } from './leave-later.ts';
import { canBeTold } from './ports.ts';
import type { Closing, LeftParty, LogoutBy, LogoutRun } from './run.ts';
import { tellParties } from './tell.ts';

export type WhyEnded = {
  readonly by: LogoutBy;
  readonly reason: SessionEndReason;
  /** Default: a new one. */
  readonly thread?: LoginId;
  readonly origin?: Origin;
};

export type EndSessions = WhyEnded & {
  readonly refs: readonly SessionRef[];
  /** The relying party that asked: it knows. */
  readonly except?: string;
  /** The connection that asked: its session needs no ending from here. */
  readonly exceptUpstream?: boolean;
  readonly closing?: Closing;
  /** The person's own browser asked, so all its tabs are meant; a message of a peer means what it names (R8.2). */
  readonly inThisBrowser?: boolean;
  /** A browser goes on to `/logout/:handle`; without one, relying parties that need it are not asked. */
  readonly browserFollows?: boolean;
  /** Done when the sessions are over, before anybody is told. */
  readonly alsoRevoke?: () => Promise<void>;
};

/**
 * Ends sessions of one person, then records it, then tells the relying parties that were entered from them. Those
 * that are told through the browser wait for it at `/logout/:handle`.
 *
 * @returns undefined when none of them ran any more: of parallel calls for one session, one ends it.
 */
export async function endSessions(wanted: EndSessions, deps: EndingDeps): Promise<LogoutRun | undefined> {
  const thread = wanted.thread ?? newId('lgn');
  const refs = wanted.inThisBrowser ? await withTabs(wanted.refs, deps) : wanted.refs;
  const results = await Promise.allSettled(
    refs.map((ref) =>
      deps.sessions.end(ref.personId, ref.id, wanted.reason, (trx) =>
        leaveLater(ref, { ...wanted, thread }, trx, deps),
      ),
    ),
  );
  const ended = results.flatMap((result) => (result.status === 'fulfilled' ? (result.value ?? []) : []));
  const failure = results.find((result) => result.status === 'rejected');
  const run = await leave(ended, { ...wanted, thread }, deps);
  await Promise.all(ended.map(({ id }) => leftAfterAll(id, deps)));
  // What did end was told; that one did not end is not kept quiet.
  if (failure) throw failure.reason;
  return run;
}

/** Whoever signs out of a browser signs out of all its tabs; one cookie stands for all of them. */
async function withTabs(
  refs: readonly SessionRef[],
  { sessions }: EndingDeps,
): Promise<readonly SessionRef[]> {
  const besides = await Promise.all(refs.map((ref) => sessions.besides(ref)));
  return [...new Map([...refs, ...besides.flat()].map((ref) => [ref.id, ref])).values()];
}

/** After sessions are over: recorded, revoked, told. @returns undefined when there is none. */
export async function leave(
  ended: readonly EndedSession[],
  wanted: EndSessions,
  deps: EndingDeps,
): Promise<LogoutRun | undefined> {
  const [first] = ended;
  if (!first) return undefined;
  const thread = wanted.thread ?? newId('lgn');
  await Promise.all(eventsOf(ended, thread, wanted).map((event) => deps.accessLog.append(event)));
  // After the sessions: one that still ran could give out what was just revoked.
  for (const { personId, id } of ended) await deps.access.revokeOfSession({ personId, id });
  await wanted.alsoRevoke?.();

  const run = await deps.runs.create({
    thread,
    personId: first.personId,
    by: wanted.by,
    tokens: ended.map(({ tokenHash }) => tokenHash),
    parties: ended.flatMap((session) => partiesOf(session, wanted, deps)),
    ...upstreamOf(ended, wanted, deps),
    ...(wanted.closing && { closing: wanted.closing }),
  });
  if (wanted.browserFollows) await finishLater(run, deps);
  await tellParties(run, deps);
  await finishIfDone(run, wanted.browserFollows === true, deps);
  return run;
}

/** A sound message about sessions that run no more: recorded, and answered like any other. */
export async function nothingToEnd(
  about: Pick<NewAccessEvent, 'relyingParty' | 'connection'>,
  by: LogoutBy,
  closing: Closing | undefined,
  deps: EndingDeps,
): Promise<LogoutRun> {
  const thread = newId('lgn');
  const run = await deps.runs.create({
    ...{ thread, by, tokens: [], parties: [] },
    ...(closing && { closing }),
  });
  await deps.runs.markFinished(run.handle);
  await deps.accessLog.append(
    accessEvents.logoutFinished({ ...about, thread, facts: { confirmed: [], unconfirmed: [] } }),
  );
  return run;
}

/** R2.5: longer than it may be, it is not carried. */
export function carriedState(relayState: string | undefined): { readonly relayState?: string } {
  return relayState === undefined || relayState.length > MAX_RELAY_STATE ? {} : { relayState };
}

const MAX_RELAY_STATE = 1024;

function partiesOf(
  { id, parties }: EndedSession,
  { except, reason, browserFollows = false }: Pick<EndSessions, 'except' | 'reason' | 'browserFollows'>,
  deps: EndingDeps,
): readonly LeftParty[] {
  return parties.flatMap(({ relyingParty, party }): LeftParty[] => {
    if (relyingParty === except) return [];
    const how = deps.partyLogout(relyingParty);
    const kind = !browserFollows && canBeTold(how) ? 'back-channel' : how.kind;
    // Nobody is there to be led through a browser, and the end came as it was announced.
    if (reason === 'limit' && kind !== 'back-channel') return [];
    // Without a name that both sides know, nobody can be told; only a link is left, where there is one.
    const told = kind === 'by-hand' || party ? kind : 'none';
    return [{ relyingParty, session: id, kind: told, ...(party && { party }) }];
  });
}

/**
 * Of the session that was to end; other tabs of its browser share its upstream. When several were to end at once, no
 * browser could end them all.
 */
function upstreamOf(ended: readonly EndedSession[], wanted: EndSessions, deps: EndingDeps) {
  const [meant, ...more] = wanted.refs;
  const session = ended.find(({ id }) => id === meant?.id);
  if (!session || more.length > 0 || wanted.exceptUpstream) return {};
  const { connection, upstream } = session;
  return { upstream: { connection, session: { ...upstream }, go: deps.settings.goUpstream(connection) } };
}

const REASONS = {
  'signed-out': 'logout',
  'ended-by-person': 'logout',
  replaced: 'logout',
  'ended-upstream': 'upstream',
  'access-ended': 'kill',
  'person-disabled': 'directory',
  'person-changed': 'other person',
  limit: 'limit',
} as const satisfies Record<SessionEndReason, string>;

function eventsOf(
  ended: readonly EndedSession[],
  thread: LoginId,
  { by, reason, origin }: EndSessions,
): NewAccessEvent[] {
  return ended.flatMap(({ personId, id, connection, entered }) => {
    const about = { thread, personId, session: id, connection };
    return [
      accessEvents.logoutStarted({
        ...about,
        facts: { by, reason },
        ...(origin && { personal: origin }),
      }),
      accessEvents.sessionEnded({
        ...about,
        facts: { reason: REASONS[reason], by, relyingParties: entered },
      }),
    ];
  });
}
