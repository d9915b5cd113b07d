import type { Origin } from '../../access-log/index.ts';
import { MINUTE } from '../../base/index.ts';
import {
  type Incoming,
  type LogoutRequest,
  type LogoutResponse,
  type ReceivedMessage,
  readLogoutMessage,
  receiveMessage,
  SamlError,
} from '../../saml/index.ts';
import { recordAnswer } from '../answered.ts';
import type { EndingDeps } from '../deps.ts';
import { carriedState, endSessions, nothingToEnd } from '../end-session.ts';
import { LogoutError } from '../errors.ts';
import { spendOnce } from '../one-time-ids.ts';
import type { SamlLogouts, SamlPeer } from '../ports.ts';

type Needs = EndingDeps & { readonly saml: SamlLogouts; readonly sloUrl: URL };

const TOLERANCE_MS = MINUTE;

/**
 * A message at `/saml/slo`. What is not from a relying party of ours, signed by it, to us, now and once, ends nothing
 * (R8.2). Reads no cookie: the message itself says whom it is about.
 *
 * @returns the run that the browser goes on with.
 * @throws SamlError, LogoutError; whoever calls records it.
 */
export async function receiveFromParty(incoming: Incoming, origin: Origin, needs: Needs): Promise<string> {
  const message = receiveMessage(incoming);
  const peer = await needs.saml.peerOf(message.claimedIssuer);
  if (!peer) throw new LogoutError('logout.unknown_peer', 'the issuer is no relying party');
  try {
    return await believe(message, peer, origin, needs);
  } catch (error) {
    const run = await unprovenAnswer(message, peer, error, needs);
    if (run === undefined) throw error;
    return run;
  }
}

async function believe(
  message: ReceivedMessage,
  peer: SamlPeer,
  origin: Origin,
  needs: Needs,
): Promise<string> {
  const read = await readLogoutMessage(message, {
    ...{ issuer: peer.entityId, keys: peer.keys, destination: needs.sloUrl, now: needs.clock.now() },
    toleranceMs: TOLERANCE_MS,
    spendOnce: (id, until) => spendOnce(needs.db, peer.relyingParty, id, until),
    closeRequest: (id) => isOpen(id, peer, needs),
    decryption: () => needs.saml.decryption(),
  });
  return read.kind === 'request' ? endFor(peer, read, origin, needs) : noteAnswer(peer, read, needs);
}

/**
 * Many service providers do not sign their answers. It counts as none, and spends nothing; but it brings the person
 * back, who must not be left on an error page in the middle of signing out.
 */
async function unprovenAnswer(
  { kind, root, claimedIssuer }: ReceivedMessage,
  peer: SamlPeer,
  error: unknown,
  { runs, log }: Needs,
): Promise<string | undefined> {
  const id = kind === 'LogoutResponse' ? root.getAttribute('InResponseTo') : null;
  const waiting = id === null || !(error instanceof SamlError) ? undefined : await runs.waiting(id);
  if (waiting === undefined || waiting.part === 'upstream') return undefined;
  if (waiting.peer !== peer.relyingParty || claimedIssuer !== peer.entityId) return undefined;
  log.info('an answer to a logout request cannot be believed', {
    relyingParty: peer.relyingParty,
    code: error instanceof SamlError ? error.code : undefined,
  });
  await runs.setState(waiting.run, waiting.part, 'unproven');
  return waiting.run;
}

/** Without spending: a request that was sent to one relying party is not answered by another. */
async function isOpen(id: string, peer: SamlPeer, { runs }: Needs): Promise<boolean> {
  const waiting = await runs.waiting(id);
  return waiting !== undefined && waiting.part !== 'upstream' && waiting.peer === peer.relyingParty;
}

/** Ends the sessions of this peer with this name, and with these indexes if it names any. */
async function endFor(
  peer: SamlPeer,
  { id, nameId, sessionIndexes, relayState }: LogoutRequest,
  origin: Origin,
  needs: Needs,
): Promise<string> {
  const { relyingParty } = peer;
  const refs = await needs.sessions.findByParty({
    ...{ relyingParty, subject: nameId.value },
    ...(sessionIndexes.length > 0 && { handles: sessionIndexes }),
  });
  const closing = {
    ...({ kind: 'saml', relyingParty, inResponseTo: id } as const),
    ...carriedState(relayState),
  };
  const run = await endSessions(
    {
      ...{ refs, closing, origin, by: 'relying party', reason: 'signed-out' },
      ...{ except: relyingParty, browserFollows: true },
    },
    needs,
  );
  return (run ?? (await nothingToEnd({ relyingParty }, 'relying party', closing, needs))).handle;
}

async function noteAnswer(peer: SamlPeer, response: LogoutResponse, needs: Needs): Promise<string> {
  const open = await needs.runs.answered(response.inResponseTo);
  if (!open) throw new LogoutError('logout.not_asked', 'answered twice');
  await recordAnswer(open, { by: peer.relyingParty, status: response.status }, needs);
  return open.run;
}
