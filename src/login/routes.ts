import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import { MINUTE } from '../base/index.ts';
import type { Upstream, UpstreamAnswer } from '../federation/index.ts';
import { adoptRequestId, limitRate, type Views } from '../platform/http/index.ts';
import { createAttemptCookies } from './attempt-cookie.ts';
import { type BegunLogin, beginLogin, connectionForMail, LoginFailed, onlyConnection } from './begin.ts';
import { completeLogin, failWithoutTransaction } from './callback.ts';
import { type CurrentSession, SESSION_COOKIE } from './current-session.ts';
import type { LoginDeps } from './deps.ts';
import { launchHref, parseDestination } from './destination.ts';
import { LoginError } from './errors.ts';
import { createLoginPages } from './pages.ts';
import { runPipeline } from './pipeline.ts';
import { recordFault } from './record-fault.ts';
import type { Login, SignedIn, StateAt } from './state.ts';
import { type Destination, newLoginId } from './transaction.ts';

export type LoginRoutesOptions = {
  readonly deps: LoginDeps;
  readonly current: CurrentSession;
  readonly views: Views;
  /** Sign-ins begun from one address in a minute; a company may share one address. */
  readonly beginsPerMinute: number;
};

/** A SAML response with everything around it; above it is refused before it is read (R8.1, DESIGN §12). */
const ANSWER_LIMIT = '512kb';
const readForm = express.urlencoded({ extended: false, limit: ANSWER_LIMIT, parameterLimit: 50 });
const FormFields = z.record(z.string(), z.string());

/** Paths that other sites post to; they read no cookie and set no session (R2.2). */
export function isCrossSiteEndpoint(path: string): boolean {
  return /^\/login\/[^/]+\/(acs|callback)$/.test(path);
}

/** Routes of the sign-in: `/launch`, `/login` and our side towards upstreams (DESIGN §3). */
export function loginRoutes({ deps, current, views, beginsPerMinute }: LoginRoutesOptions): Router {
  const pages = createLoginPages(views);
  const { clock, cookies, registry, upstreams } = deps;
  const attempts = createAttemptCookies(cookies, clock);
  const limit = limitRate({
    name: 'begin',
    limit: beginsPerMinute,
    windowMs: MINUTE,
    counter: deps.keyValue,
  });
  const router = Router();

  router.get('/launch/:rp', refusePrefetch, limit, async (req, res) => {
    const destination = destinationOf(req, req.params['rp']);
    const login = loginOf(req, newLoginId(), destination);
    await guarded(res, login.id, destination, async () => {
      const signedIn = await signedInFor(req, login);
      if (!signedIn) return startOrChoose(req, res, destination);
      const { connection, confirmedAt } = signedIn.session;
      // R4.6: facts that are too old are asked for again, silently first.
      const ageMs = clock.now().getTime() - confirmedAt.getTime();
      if (ageMs >= deps.settings.claimsMaxAgeMs(connection) && upstreams.get(connection)) {
        return begin(req, res, { connection, destination, silent: true }, 'get');
      }
      leave(res, await runPipeline({ stage: 'decide', login, signedIn, events: [] }, deps), signedIn.person);
    });
  });

  router.get('/login', refusePrefetch, limit, async (req, res) => {
    const destination = destinationOf(req, req.query['rp']);
    const { connection } = req.query;
    if (typeof connection === 'string') return begin(req, res, { connection, destination }, 'get');
    if (await current.of(req)) return res.redirect(303, launchHref(destination));
    return startOrChoose(req, res, destination);
  });

  router.post('/login', limit, readForm, async (req, res) => {
    const destination = destinationOf(req, req.query['rp']);
    const mail = textField(req, 'mail');
    const connection = connectionForMail(mail, deps);
    if (connection !== undefined)
      return begin(req, res, { connection, destination, loginHint: mail }, 'post');
    chooser(res, destination, {
      hint: mail.slice(0, 200),
      problem:
        'Nobody here is responsible for that address. Check its spelling, or choose a way to sign in below.',
    });
  });

  router.get('/login/continue/:handle', refusePrefetch, async (req, res) => {
    const handle = String(req.params['handle']);
    const parked = await deps.transactions.peekParked(handle);
    const upstream = parked && upstreams.get(parked.connection);
    if (!parked || !upstream) throw junk(req, new LoginError('login.unknown_transaction'));
    await complete(req, res, upstream, { received: parked.received, parked: handle });
  });

  router.get('/login/:connection/metadata', async (req, res) => {
    const upstream = upstreamOf(req);
    if (!upstream.metadataXml) throw new LoginError('login.unknown_connection');
    res.setHeader('Cache-Control', 'public, max-age=300');
    res.type('application/samlmetadata+xml').send(await upstream.metadataXml());
  });

  router.get('/login/:connection/callback', refusePrefetch, async (req, res) => {
    const upstream = upstreamOf(req);
    const params = new URL(req.originalUrl, 'http://localhost').searchParams;
    await complete(req, res, upstream, { received: await receive(req, upstream, { kind: 'query', params }) });
  });

  // The cookie is not sent along with a cross-site POST: validate, park, and meet the browser at a GET (R2.2).
  router.post(['/login/:connection/acs', '/login/:connection/callback'], readForm, async (req, res) => {
    const upstream = upstreamOf(req);
    const fields = FormFields.safeParse(req.body);
    if (!fields.success) throw junk(req, new LoginError('login.malformed_answer'));
    const received = await receive(req, upstream, { kind: 'form', fields: fields.data });
    res.redirect(303, `/login/continue/${await deps.transactions.park(upstream.id, received)}`);
  });

  return router;

  /** A link that leads nowhere belongs to no transaction: counted like any junk (R6.3). */
  function destinationOf(req: Request, rp: unknown): Destination {
    try {
      return parseDestination(rp, req.query['to'], deps);
    } catch (error) {
      throw junk(req, error, 'link');
    }
  }

  /** Who is there? A fault of ours here is the exit of this entry, and is recorded as one. */
  async function signedInFor(req: Request, login: Login): Promise<SignedIn | undefined> {
    return current.of(req).catch(async (error: unknown) => {
      await recordFault(error, { login, stage: 'begin' }, deps);
      throw error;
    });
  }

  function upstreamOf(req: Request): Upstream {
    const upstream = upstreams.get(String(req.params['connection']));
    if (!upstream) throw new LoginError('login.unknown_connection');
    return upstream;
  }

  async function receive(req: Request, upstream: Upstream, answer: UpstreamAnswer) {
    return upstream.receive(answer).catch((error: unknown) => {
      throw junk(req, error, `answer.${upstream.id}`);
    });
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
    answer: { received: Awaited<ReturnType<Upstream['receive']>>; parked?: string },
  ): Promise<void> {
    const { correlation } = answer.received;
    const returning = {
      upstream,
      ...answer,
      attempt: attempts.read(req, correlation),
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
      return pages.failed(res, completed.login, completed.cause, knownDestination(completed.destination));
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
    const { transaction } = completed;
    if (completed.outcome === 'ask-visibly') {
      const { connection, destination } = transaction;
      return begin(req, res, { connection, destination }, 'get');
    }
    leave(res, completed.state);
  }

  /** This attempt is over. Who is signed in anyway goes on; everybody else gets the link that starts it again. */
  async function restart(req: Request, res: Response, destination: Destination): Promise<void> {
    if (await current.of(req)) return res.redirect(303, launchHref(destination));
    pages.expired(res, destination, partyOf(destination));
  }

  /** What a browser kept for us may have been changed there (R2.5). */
  function knownDestination({ relyingParty, to }: Destination): Destination {
    try {
      return parseDestination(relyingParty, to, deps);
    } catch {
      return {};
    }
  }

  /** The recorded exit becomes the answer; a session that was opened becomes the cookie. */
  function leave(res: Response, state: StateAt<'record'>, person = state.signedIn?.person): void {
    const { exit, opened, login, relyingParty } = state;
    adoptRequestId(res, login.id);
    if (opened) cookies.write(res, SESSION_COOKIE, opened.token);
    if (exit.kind === 'refused') {
      pages.refused(res, login, exit, relyingParty, person?.displayName ?? person?.login);
      return;
    }
    if (exit.kind === 'own-page') res.redirect(303, exit.path);
    else pages.answer(res, exit, relyingParty);
  }

  async function begin(
    req: Request,
    res: Response,
    wanted: { connection: string; destination: Destination; silent?: boolean; loginHint?: string },
    after: 'get' | 'post',
  ): Promise<void> {
    let begun: BegunLogin;
    try {
      begun = await beginLogin({ ...wanted, address: addressOf(req), userAgent: userAgentOf(req) }, deps);
    } catch (error) {
      if (!(error instanceof LoginFailed)) throw error;
      deps.log.warn('sign-in could not begin', { login: error.login, error: error.cause });
      return pages.failed(res, error.login, error.cause, wanted.destination);
    }
    const { correlation, secret } = begun;
    attempts.write(req, res, correlation, { secret, destination: wanted.destination });
    pages.leave(res, begun, after);
  }

  async function startOrChoose(req: Request, res: Response, destination: Destination): Promise<void> {
    const connection = onlyConnection(deps);
    if (connection !== undefined) return begin(req, res, { connection, destination }, 'get');
    chooser(res, destination);
  }

  function chooser(
    res: Response,
    destination: Destination,
    more: { hint?: string; problem?: string } = {},
  ): void {
    const relyingParty = partyOf(destination);
    pages.choose(res, { upstreams: upstreams.list(), destination, relyingParty, ...more });
  }

  function partyOf({ relyingParty }: Destination) {
    return relyingParty === undefined ? undefined : registry.relyingParty(relyingParty);
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
}

/** A prefetch or a HEAD must not spend a single-use token or start an attempt (R2.5). */
const refusePrefetch: RequestHandler = (req, res, next) => {
  const purpose = req.get('sec-purpose') ?? req.get('purpose') ?? req.get('x-moz') ?? '';
  if (req.method === 'HEAD') return void res.status(200).end();
  if (/prefetch|prerender/i.test(purpose)) return void res.status(503).end();
  next();
};

function loginOf(req: Request, id: Login['id'], destination: Destination): Login {
  return { id, destination, address: addressOf(req), userAgent: userAgentOf(req) };
}

function addressOf(req: Request): string {
  return req.ip ?? 'unknown';
}

function userAgentOf(req: Request): string {
  return (req.get('user-agent') ?? '').slice(0, 300);
}

function textField(req: Request, name: string): string {
  const body: unknown = req.body;
  const value =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value.trim() : '';
}
