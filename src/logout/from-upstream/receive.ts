import type { Origin } from '../../access-log/index.ts';
import type { Upstream, UpstreamLogoutRequest } from '../../federation/index.ts';
import { type Incoming, receiveMessage, SamlError } from '../../saml/index.ts';
import type { SessionRef } from '../../session/index.ts';
import { recordAnswer } from '../answered.ts';
import type { EndingDeps } from '../deps.ts';
import { carriedState, endSessions, nothingToEnd } from '../end-session.ts';
import { LogoutError } from '../errors.ts';

/**
 * A SAML message of an upstream: its wish that a session end, or its answer to ours (R8.2).
 *
 * @returns the run that the browser goes on with.
 */
export async function receiveFromUpstream(
  upstream: Upstream,
  incoming: Incoming,
  origin: Origin,
  deps: EndingDeps,
): Promise<string> {
  try {
    return await believe(upstream, incoming, origin, deps);
  } catch (error) {
    const run = await unprovenAnswer(upstream, incoming, error, deps);
    if (run === undefined) throw error;
    return run;
  }
}

async function believe(
  upstream: Upstream,
  incoming: Incoming,
  origin: Origin,
  deps: EndingDeps,
): Promise<string> {
  const { runs } = deps;
  const read = await upstream.logout?.receive?.(incoming, async (id) => {
    const waiting = await runs.waiting(id);
    return waiting?.part === 'upstream' && waiting.peer === upstream.id;
  });
  if (!read) throw new LogoutError('logout.unknown_peer', `${upstream.id} sends no such messages`);
  if (read.kind === 'request') return endFor(upstream, read, origin, deps);
  const open = await runs.answered(read.inResponseTo);
  if (!open) throw new LogoutError('logout.not_asked', 'answered twice');
  await recordAnswer(open, { by: upstream.id, status: read.status }, deps);
  return open.run;
}

/**
 * Some identity providers do not sign their answers either. As with those of relying parties it counts as none and
 * spends nothing, but brings back a person who is signed out here and must not be left on an error page.
 */
async function unprovenAnswer(
  upstream: Upstream,
  incoming: Incoming,
  error: unknown,
  { runs, log }: EndingDeps,
): Promise<string | undefined> {
  // What cannot even be read, or with what else went wrong, answers nothing.
  if (!(error instanceof SamlError) || error.code === 'saml.malformed' || error.code === 'saml.too_large') {
    return undefined;
  }
  const { kind, root } = receiveMessage(incoming);
  const id = kind === 'LogoutResponse' ? root.getAttribute('InResponseTo') : null;
  const waiting = id === null ? undefined : await runs.waiting(id);
  if (waiting?.part !== 'upstream' || waiting.peer !== upstream.id) return undefined;
  log.info('an answer to a logout request cannot be believed', { connection: upstream.id, code: error.code });
  await runs.setState(waiting.run, 'upstream', 'unproven');
  return waiting.run;
}

async function endFor(
  upstream: Upstream,
  request: UpstreamLogoutRequest,
  origin: Origin,
  deps: EndingDeps,
): Promise<string> {
  const { subject, sessions: indexes, relayState } = request;
  const found = await Promise.all(
    indexes.length === 0
      ? [deps.sessions.findByUpstream({ connection: upstream.id, subject })]
      : indexes.map((session) => deps.sessions.findByUpstream({ connection: upstream.id, subject, session })),
  );
  const closing = {
    ...({ kind: 'upstream', connection: upstream.id, inResponseTo: request.id } as const),
    ...carriedState(relayState),
  };
  const run = await endSessions(
    {
      ...{ refs: unique(found.flat()), closing, origin, by: 'upstream', reason: 'ended-upstream' },
      ...{ exceptUpstream: true, browserFollows: true },
    },
    deps,
  );
  return (run ?? (await nothingToEnd({ connection: upstream.id }, 'upstream', closing, deps))).handle;
}

/** An OIDC logout token, server to server: there is no browser through which anybody could be asked. */
export async function receiveToken(
  upstream: Upstream,
  token: string,
  origin: Origin,
  deps: EndingDeps,
): Promise<void> {
  const told = await upstream.logout?.receiveToken?.(token);
  if (!told) throw new LogoutError('logout.unknown_peer', `${upstream.id} sends no such messages`);
  const refs = await deps.sessions.findByUpstream({ connection: upstream.id, ...told });
  const run = await endSessions(
    { refs, origin, by: 'upstream', reason: 'ended-upstream', exceptUpstream: true },
    deps,
  );
  if (!run) await nothingToEnd({ connection: upstream.id }, 'upstream', undefined, deps);
}

function unique(refs: readonly SessionRef[]): readonly SessionRef[] {
  return [...new Map(refs.map((ref) => [ref.id, ref])).values()];
}
