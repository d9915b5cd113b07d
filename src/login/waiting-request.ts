import { SECOND } from '../base/index.ts';
import type { BeginOptions, Upstream } from '../federation/index.ts';
import { type Answer, type LoginRequest, type Refusal, satisfies } from '../issuing/index.ts';
import type { Session } from '../session/index.ts';
import type { LoginDeps } from './deps.ts';
import { LoginError } from './errors.ts';
import type { Destination } from './transaction.ts';

/** How far the upstream's clock may be behind ours when it says when the person proved who they are. */
const CLOCK_TOLERANCE_MS = 60 * SECOND;

/** The request that a sign-in answers, if it answers one. */
export async function waitingRequest(
  { request, relyingParty }: Destination,
  deps: Pick<LoginDeps, 'requestsOf'>,
): Promise<LoginRequest | 'over' | undefined> {
  if (!request) return undefined;
  const found = await deps.requestsOf(request.protocol)?.find(request.handle);
  // The relying party of the request is the truth; a destination that names another one was tampered with.
  if (!found || 'gone' in found || found.relyingParty !== relyingParty) return 'over';
  return found;
}

/** What upstream must do for the request that waits, whatever page of ours leads there. */
export async function demandsOf(
  destination: Destination,
  connection: string,
  deps: Pick<LoginDeps, 'requestsOf' | 'upstreams'>,
): Promise<
  Partial<Pick<LoginRequest, 'force' | 'maxAgeSeconds' | 'loginHint'> & Pick<BeginOptions, 'context'>>
> {
  const request = await waitingRequest(destination, deps);
  if (!request || request === 'over') return {};
  const { force, maxAgeSeconds, loginHint } = request;
  const context = contextToAsk(request, deps.upstreams.get(connection));
  return {
    ...(force && { force }),
    ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
    ...(loginHint !== undefined && { loginHint }),
    ...(context && { context }),
  };
}

/**
 * The way of signing in that an upstream should be asked for. What it is known not to have is not asked for, and what
 * nobody knows only if the request cannot be answered without.
 */
export function contextToAsk(
  { context }: LoginRequest,
  upstream: Pick<Upstream, 'authnContexts'> | undefined,
): BeginOptions['context'] {
  if (!context || !upstream) return undefined;
  const classes = upstream.authnContexts.filter((name) => satisfies(name, context));
  if (classes.length > 0) return { comparison: 'exact', classes };
  const isUnknown = upstream.authnContexts.length === 0;
  return isUnknown && context.essential
    ? { comparison: context.comparison, classes: context.classes }
    : undefined;
}

/** Must the person sign in once more, in another way than they did? Not if upstream could not do it anyway. */
export function wantsStepUp(
  { authnContext, connection }: Pick<Session, 'authnContext' | 'connection'>,
  request: LoginRequest,
  { upstreams }: Pick<LoginDeps, 'upstreams'>,
): boolean {
  if (!request.context || satisfies(authnContext, request.context)) return false;
  return contextToAsk(request, upstreams.get(connection)) !== undefined;
}

type Proof = Pick<Session, 'authTime' | 'isUndated'>;

/** Can a session that was there before the request answer it, or must the person prove again who they are? */
export function suffices(session: Proof, request: LoginRequest, now: Date): boolean {
  if (request.force) return false;
  if (request.maxAgeSeconds === undefined) return true;
  return !session.isUndated && ageMs(session, now) <= request.maxAgeSeconds * SECOND;
}

/** Did the upstream really ask again? Some answer `prompt=login` or ForceAuthn from a session that they have. */
export function provesAgain(session: Proof, request: LoginRequest, now: Date): boolean {
  if (session.isUndated) return !request.force && request.maxAgeSeconds === undefined;
  const latest = session.authTime.getTime() + CLOCK_TOLERANCE_MS;
  if (request.force && latest < request.receivedAt.getTime()) return false;
  if (request.maxAgeSeconds === undefined) return true;
  return ageMs(session, now) - CLOCK_TOLERANCE_MS <= request.maxAgeSeconds * SECOND;
}

function ageMs({ authTime }: Proof, now: Date): number {
  return now.getTime() - authTime.getTime();
}

/** Answers with the protocol's own error; the request is used up by it. @throws LoginError when it is over. */
export async function refuseRequest(
  request: LoginRequest,
  why: Refusal,
  deps: Pick<LoginDeps, 'requestsOf'>,
): Promise<Answer> {
  const requests = deps.requestsOf(request.protocol);
  if (!requests) throw new LoginError('login.unknown_transaction', 'no such protocol');
  return requests.refuse(request, why);
}
