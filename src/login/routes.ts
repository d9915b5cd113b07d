import express, { type Request, Router } from 'express';
import { z } from 'zod';
import { MINUTE } from '../base/index.ts';
import type { Upstream, UpstreamAnswer } from '../federation/index.ts';
import { limitRate, type Views } from '../platform/http/index.ts';
import { connectionForMail } from './begin.ts';
import { createBrowserSteps, loginOf, refusePrefetch } from './browser-steps.ts';
import type { CurrentSession } from './current-session.ts';
import type { LoginDeps } from './deps.ts';
import { launchHref, parseDestination } from './destination.ts';
import { LoginError } from './errors.ts';
import { runPipeline } from './pipeline.ts';
import { requestRoutes } from './requests/routes.ts';
import { type Destination, newLoginId, RequestRef } from './transaction.ts';

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
/** Ours are much shorter; of others not even the name is kept. */
const MAX_CORRELATION = 256;
const FormFields = z.record(z.string(), z.string());

/** Paths that other sites post to; they read no cookie and set no session (R2.2). */
export function isCrossSiteEndpoint(path: string): boolean {
  return /^\/login\/[^/]+\/(acs|callback)$/.test(path);
}

/** Routes of the sign-in: `/launch`, `/login` and our side towards upstreams (DESIGN §3). */
export function loginRoutes({ deps, current, views, beginsPerMinute }: LoginRoutesOptions): Router {
  const { upstreams } = deps;
  const steps = createBrowserSteps({ deps, current, views });
  const limit = limitRate({
    name: 'begin',
    limit: beginsPerMinute,
    windowMs: MINUTE,
    counter: deps.keyValue,
  });
  // Reading an answer costs more than beginning; an answer by POST comes back as a GET.
  const limitAnswers = limitRate({
    name: 'answer',
    limit: 3 * beginsPerMinute,
    windowMs: MINUTE,
    counter: deps.keyValue,
  });
  const router = Router();
  router.use(requestRoutes({ deps, steps, limit }));

  router.get('/launch/:rp', refusePrefetch, limit, async (req, res) => {
    const destination = destinationOf(req, req.params['rp']);
    const login = loginOf(req, newLoginId(), destination);
    await steps.guarded(res, login.id, destination, async () => {
      const signedIn = await steps.signedInFor(req, login);
      if (!signedIn) return steps.startOrChoose(req, res, { destination });
      if (steps.isStale(signedIn)) {
        // Silently first: most people still have a session upstream.
        const { connection } = signedIn.session;
        return steps.begin(req, res, { connection, destination, silent: true }, 'get');
      }
      const state = await runPipeline({ stage: 'decide', login, signedIn, events: [] }, deps);
      await steps.leave(res, state, signedIn.person);
    });
  });

  router.get('/login', refusePrefetch, limit, async (req, res) => {
    const destination = await wantedDestination(req);
    const { connection } = req.query;
    if (typeof connection === 'string') return steps.begin(req, res, { connection, destination }, 'get');
    if (!destination.request && (await current.of(req))) return res.redirect(303, launchHref(destination));
    return steps.startOrChoose(req, res, { destination });
  });

  router.post('/login', limit, readForm, async (req, res) => {
    const destination = await wantedDestination(req);
    const mail = textField(req, 'mail');
    const connection = connectionForMail(mail, deps);
    if (connection !== undefined) {
      return steps.begin(req, res, { connection, destination, loginHint: mail }, 'post');
    }
    steps.chooser(res, destination, {
      hint: mail.slice(0, 200),
      problem:
        'Nobody here is responsible for that address. Check its spelling, or choose a way to sign in below.',
    });
  });

  router.get('/login/continue/:handle', refusePrefetch, limitAnswers, async (req, res) => {
    const handle = String(req.params['handle']);
    const parked = await deps.transactions.peekParked(handle);
    const upstream = parked && upstreams.get(parked.connection);
    if (!parked || !upstream) throw steps.junk(req, new LoginError('login.unknown_transaction'));
    await steps.complete(req, res, upstream, { received: parked.received, parked: handle });
  });

  router.get('/login/:connection/metadata', async (req, res) => {
    const upstream = upstreamOf(req);
    if (!upstream.metadataXml) throw new LoginError('login.unknown_connection');
    res.setHeader('Cache-Control', 'public, max-age=300');
    res.type('application/samlmetadata+xml').send(await upstream.metadataXml());
  });

  router.get('/login/:connection/callback', refusePrefetch, limitAnswers, async (req, res) => {
    const upstream = upstreamOf(req);
    const params = new URL(req.originalUrl, 'http://localhost').searchParams;
    const received = await receive(req, upstream, { kind: 'query', params });
    await steps.complete(req, res, upstream, { received });
  });

  // The cookie is not sent along with a cross-site POST: validate, park, and meet the browser at a GET (R2.2).
  router.post(
    ['/login/:connection/acs', '/login/:connection/callback'],
    limitAnswers,
    readForm,
    async (req, res) => {
      const upstream = upstreamOf(req);
      const fields = FormFields.safeParse(req.body);
      if (!fields.success) throw steps.junk(req, new LoginError('login.malformed_answer'));
      const received = await receive(req, upstream, { kind: 'form', fields: fields.data });
      if (received.correlation.length > MAX_CORRELATION)
        throw steps.junk(req, new LoginError('login.malformed_answer'));
      res.redirect(303, `/login/continue/${await deps.transactions.park(upstream.id, received)}`);
    },
  );

  return router;

  /** A link that leads nowhere belongs to no transaction: counted like any junk (R6.3). */
  function destinationOf(req: Request, rp: unknown): Destination {
    try {
      return parseDestination(rp, req.query['to'], deps);
    } catch (error) {
      throw steps.junk(req, error, 'link');
    }
  }

  /** Of the sign-in page: a place, or a request of a relying party that waits. */
  async function wantedDestination(req: Request): Promise<Destination> {
    const { request } = req.query;
    if (typeof request !== 'string') return destinationOf(req, req.query['rp']);
    const [protocol, handle, ...more] = request.split('/');
    const ref = RequestRef.safeParse({ protocol, handle });
    const found =
      ref.success && more.length === 0
        ? await deps.requestsOf(ref.data.protocol)?.find(ref.data.handle)
        : undefined;
    if (!ref.success || !found) throw steps.junk(req, new LoginError('login.unknown_transaction'), 'link');
    return 'gone' in found
      ? { relyingParty: found.relyingParty }
      : { relyingParty: found.relyingParty, request: ref.data };
  }

  function upstreamOf(req: Request): Upstream {
    const upstream = upstreams.get(String(req.params['connection']));
    if (!upstream) throw new LoginError('login.unknown_connection');
    return upstream;
  }

  async function receive(req: Request, upstream: Upstream, answer: UpstreamAnswer) {
    return upstream.receive(answer).catch((error: unknown) => {
      throw steps.junk(req, error, `answer.${upstream.id}`);
    });
  }
}

function textField(req: Request, name: string): string {
  const body: unknown = req.body;
  const value =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value.trim() : '';
}
