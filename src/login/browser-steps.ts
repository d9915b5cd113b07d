import type { Request, RequestHandler, Response } from 'express';
import type { Received, Upstream } from '../federation/index.ts';
import type { Answer } from '../issuing/index.ts';
import { adoptRequestId, type Views } from '../platform/http/index.ts';
import type { RelyingParty } from '../relying-parties/index.ts';
import { createAttemptCookies } from './attempt-cookie.ts';
import { type BegunLogin, beginLogin, LoginFailed, onlyConnection } from './begin.ts';
import { createBrowserMarks } from './browser-mark.ts';
import { completeLogin, failWithoutTransaction } from './callback.ts';
import { type CurrentSession, SESSION_COOKIE } from './current-session.ts';
import type { LoginDeps } from './deps.ts';
import { launchHref, parseDestination } from './destination.ts';
import { LoginError } from './errors.ts';
import { createLoginPages } from './pages.ts';
import { recordFault } from './record-fault.ts';
import type { Login, SignedIn, StateAt } from './state.ts';
import type { Destination } from './transaction.ts';
import { demandsOf, refuseRequest, waitingRequest } from './waiting-request.ts';

export type BrowserStepsOptions = {
  readonly deps: LoginDeps;
  readonly current: CurrentSession;
  readonly views: Views;
};

type Wanted = {
  readonly connection: string;
  readonly destination: Destination;
  /** The upstream must not show anything. */
  readonly silent?: boolean;
  /** The person must prove again who they are; so they must, too, when the request that waits says so. */
  readonly force?: true;
  readonly loginHint?: string;
  /** In whatever way: upstream could not do what a relying party merely wished for. */
  readonly plain?: boolean;
};

export type BrowserSteps = ReturnType<typeof createBrowserSteps>;

/** What the routes of a sign-in do with a browser: send it upstream, take it back, let it leave with an answer. */
export function createBrowserSteps({ deps, current, views }: BrowserStepsOptions) {
  const pages = createLoginPages(views);
  const { cookies, registry, upstreams, clock } = deps;
  const attempts = createAttemptCookies(cookies, clock);
  const marks = createBrowserMarks(cookies);

  async function begin(req: Request, res: Response, wanted: Wanted, after: 'get' | 'post'): Promise<void> {
    let begun: BegunLogin;
    try {
      const { context, ...demands } = await demandsOf(wanted.destination, wanted.connection, deps);
      begun = await beginLogin(
        {
          ...demands,
          ...(context && !wanted.plain && { context }),
          ...wanted,
          address: addressOf(req),
          userAgent: userAgentOf(req),
        },
        deps,
      );
    } catch (error) {
      if (!(error instanceof LoginFailed)) throw error;
      deps.log.warn('sign-in could not begin', { login: error.login, error: error.cause });
      return failed(res, error, wanted.destination);
    }
    const { correlation, secret } = begun;
    marks.keep(req, res);
    attempts.write(req, res, correlation, { secret, destination: wanted.destination });
    pages.leave(res, begun, after);
  }

  async function startOrChoose(
    req: Request,
    res: Response,
    wanted: Omit<Wanted, 'connection'>,
  ): Promise<void> {
    const connection = onlyConnection(deps);
    if (connection !== undefined) return begin(req, res, { connection, ...wanted }, 'get');
    chooser(res, wanted.destination);
  }

  function chooser(
    res: Response,
    destination: Destination,
    more: { hint?: string; problem?: string } = {},
  ): void {
    const relyingParty = partyOf(destination);
    pages.choose(res, { upstreams: upstreams.list(), destination, relyingParty, ...more });
  }

  function partyOf({ relyingParty }: Destination): RelyingParty | undefined {
    return relyingParty === undefined ? undefined : registry.relyingParty(relyingParty);
  }

  /** Who is there? A fault of ours here is the exit of this entry, and is recorded as one. */
  async function signedInFor(req: Request, login: Login): Promise<SignedIn | undefined> {
    return current.of(req).catch(async (error: unknown) => {
      await recordFault(error, { login, stage: 'begin' }, deps);
      throw error;
    });
  }

  /** R4.6: facts that are too old are asked for again. */
  function isStale({ session: { connection, confirmedAt } }: SignedIn): boolean {
    const ageMs = clock.now().getTime() - confirmedAt.getTime();
    return ageMs >= deps.settings.claimsMaxAgeMs(connection) && upstreams.get(connection) !== undefined;
  }

  /** Nothing valid is known about the request yet: it is counted, not recorded one by one (R6.3). */
  function junk(req: Request, error: unknown, kind = 'answer.login'): unknown {
    deps.accessLog.countJunk(kind, addressOf(req));
    return error;
  }

  async function complete(
    req: Request,
    res: Response,
    upstream: Upstream,
    answer: { received: Received; parked?: string },
  ): Promise<void> {
    const { correlation } = answer.received;
    const returning = {
      upstream,
      ...answer,
      attempt: attempts.read(req, correlation),
      browser: marks.read(req),
      formerToken: current.token(req),
      address: addressOf(req),
      userAgent: userAgentOf(req),
    };
    const completed = await completeLogin(returning, deps).catch((error: unknown) => {
      if (error instanceof LoginFailed) {
        attempts.clear(res, correlation);
        return error;
      }
      if (error instanceof LoginError) throw junk(req, error, `answer.${upstream.id}`);
      // The attempt may still be good: a reload may finish it.
      return failWithoutTransaction(error, returning, deps);
    });
    if (completed instanceof LoginFailed) {
      deps.log.warn('sign-in failed', { login: completed.login, error: completed.cause });
      return failed(res, completed, knownDestination(completed.destination));
    }
    attempts.clear(res, correlation);
    if (completed.outcome === 'used-up') {
      adoptRequestId(res, completed.former.id);
      return restart(req, res, completed.former.destination);
    }
    if (completed.outcome === 'forgotten') {
      junk(req, undefined, `answer.${upstream.id}`);
      return restart(req, res, knownDestination(completed.attempt.destination));
    }
    if (completed.outcome === 'ask-visibly') {
      return askVisibly(req, res, completed.transaction);
    }
    if (completed.outcome === 'ask-plainly') {
      const { connection, destination, silent } = completed.transaction;
      return begin(req, res, { connection, destination, silent, plain: true }, 'get');
    }
    await leave(res, completed.state);
  }

  /** The silent try found nobody. A relying party that forbids a sign-in page gets its own protocol's answer. */
  async function askVisibly(
    req: Request,
    res: Response,
    { connection, destination }: { readonly connection: string; readonly destination: Destination },
  ): Promise<void> {
    const request = await waitingRequest(destination, deps);
    if (request && request !== 'over' && request.passive) {
      return pages.answer(res, await refuseRequest(request, 'login-required', deps), partyOf(destination));
    }
    return begin(req, res, { connection, destination }, 'get');
  }

  /** This attempt is over. Who is signed in anyway goes on; everybody else gets the link that starts it again. */
  async function restart(req: Request, res: Response, destination: Destination): Promise<void> {
    if (await current.of(req)) return res.redirect(303, launchHref(destination));
    // A request that is over as well would lead to this page again.
    const isOver = (await waitingRequest(destination, deps)) === 'over';
    const { request: _request, ...place } = destination;
    pages.expired(res, isOver ? place : destination, partyOf(destination));
  }

  /** What a browser kept for us may have been changed there (R2.5). */
  function knownDestination({ relyingParty, to, request }: Destination): Destination {
    try {
      const known = parseDestination(relyingParty, to, deps);
      return request ? { ...known, request } : known;
    } catch {
      return {};
    }
  }

  /** The recorded exit becomes the answer; a session that was opened becomes the cookie. */
  async function leave(
    res: Response,
    state: StateAt<'record'>,
    person = state.signedIn?.person,
  ): Promise<void> {
    const { exit, opened, login, relyingParty } = state;
    adoptRequestId(res, login.id);
    if (opened) cookies.write(res, SESSION_COOKIE, opened.token);
    if (exit.kind === 'own-page') return res.redirect(303, exit.path);
    if (exit.kind !== 'refused') return pages.answer(res, exit, relyingParty);
    const answer = await passiveAnswer(state);
    if (answer) return pages.answer(res, answer, relyingParty);
    const party = relyingParty ?? partyOf(login.destination);
    pages.refused(res, login, exit, party, person?.displayName ?? person?.login);
  }

  /** Behind a passive request a fault is told to the relying party, but never on the word of a foreign browser. */
  async function failed(
    res: Response,
    { login, cause }: LoginFailed,
    destination: Destination,
  ): Promise<void> {
    const isForeign = cause instanceof LoginError;
    const request = isForeign ? undefined : await waitingRequest(destination, deps).catch(() => undefined);
    if (!request || request === 'over' || !request.passive)
      return pages.failed(res, login, cause, destination);
    adoptRequestId(res, login);
    pages.answer(res, await refuseRequest(request, 'unavailable', deps), partyOf(destination));
  }

  /** Nobody sees a page of ours behind a passive request: it hears the protocol's own refusal. */
  async function passiveAnswer({ login: { request }, exit }: StateAt<'record'>): Promise<Answer | undefined> {
    if (exit.kind !== 'refused' || !request || request === 'over' || !request.passive) return undefined;
    return refuseRequest(request, exit.refusal ?? (exit.status >= 500 ? 'unavailable' : 'denied'), deps);
  }

  /** A fault that the pipeline recorded becomes a page with the same reference. */
  async function guarded(
    res: Response,
    id: string,
    destination: Destination,
    run: () => Promise<void>,
  ): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (error instanceof LoginError) {
        adoptRequestId(res, id);
        throw error;
      }
      deps.log.warn('entry failed', { login: id, error });
      pages.failed(res, id, error, destination);
    }
  }

  return {
    ...{ begin, startOrChoose, chooser, signedInFor, isStale, junk, complete, leave, guarded, partyOf },
    expired: pages.expired,
    answer: pages.answer,
  };
}

/** A prefetch or a HEAD must not spend a single-use token or start an attempt (R2.5). */
export const refusePrefetch: RequestHandler = (req, res, next) => {
  const purpose = req.get('sec-purpose') ?? req.get('purpose') ?? req.get('x-moz') ?? '';
  if (req.method === 'HEAD') return void res.status(200).end();
  if (/prefetch|prerender/i.test(purpose)) return void res.status(503).end();
  next();
};

export function loginOf(req: Request, id: Login['id'], destination: Destination): Login {
  return { id, destination, address: addressOf(req), userAgent: userAgentOf(req) };
}

function addressOf(req: Request): string {
  return req.ip ?? 'unknown';
}

function userAgentOf(req: Request): string {
  return (req.get('user-agent') ?? '').slice(0, 300);
}
