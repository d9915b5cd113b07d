import { type Request, type Response, Router } from 'express';
import { type AccessLog, accessEvents } from '../access-log/index.ts';
import { type Clock, isId, newId, type PersonId } from '../base/index.ts';
import { type CurrentSession, SESSION_COOKIE } from '../login/index.ts';
import type { Cookies, Views } from '../platform/http/index.ts';
import type { Reconcile } from '../reconcile/index.ts';
import { type HistoryEntry, launchpadPage } from './page.ts';
import { type SignOutDeps, signOut } from './sign-out.ts';

export type LaunchpadDeps = SignOutDeps & {
  readonly clock: Clock;
  readonly views: Views;
  readonly cookies: Cookies;
  readonly current: CurrentSession;
  readonly reconcile: Reconcile;
  readonly accessLog: AccessLog;
  readonly titleOfConnection: (id: string) => string;
  /** Where the upstream's own session is ended by hand. */
  readonly upstreamNote: (connection: string) => string;
  readonly historyOf: (personId: PersonId) => Promise<readonly HistoryEntry[]>;
};

const SESSION_ENDED = 'ended';

/** `/`, the person's sessions, and `/logout`. */
export function launchpadRoutes(deps: LaunchpadDeps): Router {
  const { clock, views, cookies, current, registry, sessions } = deps;
  const router = Router();

  router.get('/', async (req, res) => {
    const signedIn = await current.of(req);
    if (!signedIn) return res.redirect(303, '/login');
    const now = clock.now();
    const [listed, history] = await Promise.all([
      sessions.list(signedIn.person.id),
      deps.historyOf(signedIn.person.id),
    ]);
    const data = launchpadPage({
      signedIn,
      now,
      history,
      sessions: listed,
      relyingParties: registry.relyingParties(),
      decisions: deps.reconcile.decideAll(signedIn, now),
      titleOfConnection: deps.titleOfConnection,
      notice: req.query['session'] === SESSION_ENDED ? 'That session is over.' : null,
    });
    return html(res, 'launchpad', data);
  });

  router.post('/sessions/:id/end', async (req, res) => {
    const signedIn = await current.of(req);
    const { id } = req.params;
    if (!signedIn || !isId('ses', id)) return res.redirect(303, '/');
    const ended = await sessions.end(signedIn.person.id, id, 'ended-by-person');
    if (ended) {
      await deps.accessLog.append(
        accessEvents.sessionEnded({
          thread: newId('lgn'),
          personId: signedIn.person.id,
          session: id,
          facts: { reason: 'logout', by: 'person, from another session', relyingParties: ended.entered },
        }),
      );
    }
    return res.redirect(303, `/?session=${SESSION_ENDED}`);
  });

  router.get('/logout', async (req, res) => {
    const signedIn = await current.of(req);
    if (!signedIn) return html(res, 'signed-out', { parties: [], upstream: null, signInHref: '/' });
    const mine = (await sessions.list(signedIn.person.id)).find(({ id }) => id === signedIn.session.id);
    const titles = (mine?.entered ?? []).map((id) => registry.relyingParty(id)?.title ?? id);
    return html(res, 'confirm-sign-out', { action: '/logout', parties: titles });
  });

  router.post('/logout', async (req, res) => {
    const signedIn = await current.of(req);
    cookies.clear(res, SESSION_COOKIE);
    if (!signedIn) return html(res, 'signed-out', { parties: [], upstream: null, signInHref: '/' });
    const { connection } = signedIn.session;
    const parties = await signOut(signedIn, originOf(req), deps);
    const upstream = { title: deps.titleOfConnection(connection), note: deps.upstreamNote(connection) };
    return html(res, 'signed-out', { parties, upstream, signInHref: '/' });
  });

  return router;

  function html(res: Response, page: string, data: Record<string, unknown>): void {
    res.type('html').send(views.render(page, data));
  }
}

function originOf(req: Request): { address: string; userAgent: string } {
  return { address: req.ip ?? 'unknown', userAgent: (req.get('user-agent') ?? '').slice(0, 300) };
}
