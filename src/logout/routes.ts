import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import { MINUTE } from '../base/index.ts';
import type { Answer } from '../issuing/index.ts';
import {
  adoptRequestId,
  allowFormTarget,
  type Cookies,
  limitRate,
  type Views,
} from '../platform/http/index.ts';
import type { KeyValueStore } from '../platform/key-value/index.ts';
import { type Session, sessionTokenHash } from '../session/index.ts';
import { askParty } from './ask.ts';
import { type BrowserCookies, follow } from './browser.ts';
import { close } from './close.ts';
import type { EndingDeps } from './deps.ts';
import { endSessions } from './end-session.ts';
import { LogoutError } from './errors.ts';
import { finishAtRest } from './finish.ts';
import { nextHref, type PageNeeds, pageHref, signedOutPage } from './page.ts';
import type { OidcLogouts, SamlLogouts } from './ports.ts';
import {
  ASKING_MS,
  EndSessionRequest,
  type Judged,
  judge,
  PASSING_MS,
  type ParkedRequests,
} from './rp-initiated.ts';
import { nextStep, type Progress } from './run.ts';
import { goUpstream, returnedFromUpstream } from './upstream.ts';

export type LogoutRoutesNeeds = {
  readonly deps: EndingDeps;
  readonly keyValue: KeyValueStore;
  readonly parked: ParkedRequests;
  readonly oidc: OidcLogouts;
  readonly saml: SamlLogouts;
  readonly cookies: Cookies;
  /** Name of the cookie with the session's token. */
  readonly sessionCookie: string;
  readonly views: Views;
  readonly publicUrl: URL;
  readonly titleOfConnection: (id: string) => string;
  /** Sign-outs from one address in a minute; a company may share one address. */
  readonly perMinute: number;
};

const LOGOUT_COOKIE = 'logout';
const readForm = express.urlencoded({ extended: false, limit: '64kb', parameterLimit: 20 });

/** `/logout`: the question, the ending, and the page that says what really ended. */
export function logoutRoutes(needs: LogoutRoutesNeeds): Router {
  const { deps, cookies, sessionCookie, views, parked, keyValue } = needs;
  const page: PageNeeds = { ...deps, titleOfConnection: needs.titleOfConnection };
  const limit = limitRate({ name: 'logout', limit: needs.perMinute, windowMs: MINUTE, counter: keyValue });
  const router = Router();

  router.get('/logout', onlyPages, limit, async (req, res) => {
    const request = await requestOf(req);
    const session = await sessionOf(req);
    const judged = await judge(request, session, { ...deps, oidc: needs.oidc });
    const { isProven, closing } = judged;
    if (!session) {
      cookies.clear(res, sessionCookie);
      return closing ? res.redirect(303, closing.url) : html(res, 'signed-out', NOTHING_ENDED);
    }
    if (isProven) return end(req, res, session, judged, 'relying party');
    // R8.2: anybody can make a browser open this address; only the person ends the session.
    const entered = (await deps.sessions.list(session.personId)).find(({ id }) => id === session.id)?.entered;
    html(res, 'confirm-sign-out', {
      action: '/logout/now',
      request: closing ? await parked.park(request, ASKING_MS) : null,
      parties: (entered ?? []).map((id) => deps.registry.relyingParty(id)?.title ?? id),
    });
  });

  // A relying party may post here from its own site: no cookie is read, and a page of ours goes on (R2.2).
  router.post('/logout', limit, readForm, async (req, res) => {
    const request = EndSessionRequest.parse(req.body ?? {});
    // What names no client of ours, or contradicts itself, changes nothing: it is not worth keeping.
    const { relyingParty } = await judge(request, undefined, { ...deps, oidc: needs.oidc });
    if (relyingParty === undefined) return res.redirect(303, '/logout');
    res.redirect(303, `/logout?request=${await parked.park(request, PASSING_MS)}`);
  });

  /** The person pressed a button of ours: the cross-site check has seen to that. */
  router.post('/logout/now', readForm, async (req, res) => {
    const session = await sessionOf(req);
    const handle: unknown = (req.body as Record<string, unknown> | undefined)?.['request'];
    const request = typeof handle === 'string' ? await parked.find(handle) : undefined;
    const judged = request
      ? await judge(request, session, { ...deps, oidc: needs.oidc })
      : { isProven: false };
    if (session) return end(req, res, session, judged, 'person');
    cookies.clear(res, sessionCookie);
    html(res, 'signed-out', NOTHING_ENDED);
  });

  /** Where OIDC upstreams send the browser back; the address is registered there, so it is one for all. */
  router.get('/logout/return', onlyPages, async (req, res) => {
    const { state } = req.query;
    const handle = typeof state === 'string' ? await returnedFromUpstream(state, deps) : undefined;
    res.redirect(303, handle === undefined ? '/logout' : pageHref(handle));
  });

  router.get('/logout/:handle', onlyPages, async (req, res) => {
    const progress = await progressOf(req, res);
    await finishAtRest(progress, deps);
    html(res, 'signed-out', signedOutPage(progress, page));
  });

  router.get('/logout/:handle/next', onlyPages, async (req, res) => {
    const progress = await progressOf(req, res);
    const { run } = progress;
    const step = nextStep(progress);
    if (step.kind === 'rest') return res.redirect(303, pageHref(run.handle));
    if (step.kind === 'ask') {
      const answer = await askParty(run, step, deps);
      return answer
        ? leave(res, answer, nameOf(step.party.relyingParty))
        : res.redirect(303, nextHref(run.handle));
    }
    if (step.kind === 'upstream') return goOn(res, progress);
    await finishAtRest(progress, deps);
    if (!(await deps.runs.markClosed(run.handle))) return res.redirect(303, pageHref(run.handle));
    const answer = await close(step.closing, progress, { ...deps, saml: needs.saml });
    if (!answer) return res.redirect(303, pageHref(run.handle));
    leave(res, answer, '');
  });

  /** The person wants the upstream's session to end too. */
  router.get('/logout/:handle/upstream', onlyPages, async (req, res) =>
    goOn(res, await progressOf(req, res)),
  );

  return router;

  async function requestOf(req: Request): Promise<EndSessionRequest> {
    const { request } = req.query;
    const kept = typeof request === 'string' ? await parked.find(request) : undefined;
    return kept ?? EndSessionRequest.parse(req.query);
  }

  async function sessionOf(req: Request): Promise<Session | undefined> {
    const token = cookies.read(req, sessionCookie);
    return token === undefined ? undefined : deps.sessions.find(token);
  }

  async function end(
    req: Request,
    res: Response,
    session: Session,
    { isProven, closing, relyingParty }: Judged,
    by: 'person' | 'relying party',
  ): Promise<void> {
    const refs = [{ id: session.id, personId: session.personId }];
    const origin = { address: req.ip ?? 'unknown', userAgent: (req.get('user-agent') ?? '').slice(0, 300) };
    const run = await endSessions(
      {
        ...{ refs, by, origin, reason: 'signed-out', browserFollows: true, inThisBrowser: true },
        ...(closing && { closing }),
        // It said so itself, and proved it; whoever is only named by an address is told like the others.
        ...(isProven && relyingParty !== undefined && { except: relyingParty }),
      },
      deps,
    );
    // Somebody else was quicker, in another tab: it is over all the same.
    if (!run) return html(res, 'signed-out', NOTHING_ENDED);
    adoptRequestId(res, run.thread);
    res.redirect(303, pageHref(run.handle));
  }

  async function progressOf(req: Request, res: Response): Promise<Progress> {
    const run = await deps.runs.find(String(req.params['handle']));
    if (!run) throw new LogoutError('logout.gone');
    adoptRequestId(res, run.thread);
    const progress = await follow(run, browserCookies(req, res), deps.runs);
    if (!progress) throw new LogoutError('logout.other_browser');
    return progress;
  }

  function browserCookies(req: Request, res: Response): BrowserCookies {
    return {
      sessionTokenHash: () => {
        const token = cookies.read(req, sessionCookie);
        return token === undefined ? undefined : sessionTokenHash(token);
      },
      endSession: () => cookies.clear(res, sessionCookie),
      logoutSecret: () => {
        const secret = cookies.read(req, LOGOUT_COOKIE);
        return secret !== undefined && /^[\w-]{43}$/.test(secret) ? secret : undefined;
      },
      setLogoutSecret: (secret) => cookies.write(res, LOGOUT_COOKIE, secret),
    };
  }

  async function goOn(res: Response, progress: Progress): Promise<void> {
    const { run } = progress;
    const answer = await goUpstream(progress, { ...deps, publicUrl: needs.publicUrl });
    if (!answer) return res.redirect(303, pageHref(run.handle));
    leave(res, answer, needs.titleOfConnection(run.upstream?.connection ?? ''));
  }

  function nameOf(relyingParty: string): string {
    return deps.registry.relyingParty(relyingParty)?.title ?? relyingParty;
  }

  function leave(res: Response, answer: Answer, title: string): void {
    if (answer.kind === 'redirect') {
      if (answer.carriesCredential) res.setHeader('Referrer-Policy', 'no-referrer');
      res.redirect(303, answer.location.href);
      return;
    }
    allowFormTarget(res, answer.action);
    const fields = Object.entries(answer.fields).map(([name, value]) => ({ name, value }));
    html(res, 'post', { action: answer.action.href, fields, title: title || answer.action.host });
  }

  function html(res: Response, name: string, data: Record<string, unknown>): void {
    res.type('html').send(views.render(name, data));
  }
}

const NOTHING_ENDED = { parties: [], upstream: null, next: null, signInHref: '/' };

/**
 * Pictures, frames, scripts, prefetches and HEAD end nothing and lead nowhere: only a page that a person sees
 * (R2.5). Browsers say what they ask for; what says nothing is no browser that anybody could be tricked with.
 */
const onlyPages: RequestHandler = (req, res, next) => {
  const purpose = req.get('sec-purpose') ?? req.get('purpose') ?? req.get('x-moz') ?? '';
  if (req.method === 'HEAD') return void res.status(200).end();
  if (/prefetch|prerender/i.test(purpose)) return void res.status(503).end();
  const destination = req.get('sec-fetch-dest');
  next(
    destination === undefined || destination === 'document'
      ? undefined
      : new LogoutError('logout.not_a_page', `asked for as ${destination.slice(0, 20)}`),
  );
};
