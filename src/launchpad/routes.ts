import { type Request, type Response, Router } from 'express';
import { type Clock, isId, type PersonId } from '../base/index.ts';
import type { CurrentSession } from '../login/index.ts';
import type { Logout } from '../logout/index.ts';
import type { Views } from '../platform/http/index.ts';
import type { Reconcile } from '../reconcile/index.ts';
import type { Registry } from '../relying-parties/index.ts';
import type { Sessions } from '../session/index.ts';
import { type HistoryEntry, launchpadPage } from './page.ts';

export type LaunchpadDeps = {
  readonly sessions: Sessions;
  readonly registry: Registry;
  readonly logout: Pick<Logout, 'endSession'>;
  readonly clock: Clock;
  readonly views: Views;
  readonly current: CurrentSession;
  readonly reconcile: Reconcile;
  readonly titleOfConnection: (id: string) => string;
  readonly historyOf: (personId: PersonId) => Promise<readonly HistoryEntry[]>;
};

const SESSION_ENDED = 'ended';

/** `/` and the person's sessions. */
export function launchpadRoutes(deps: LaunchpadDeps): Router {
  const { clock, views, current, registry, sessions } = deps;
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
    await deps.logout.endSession(
      { id, personId: signedIn.person.id },
      { by: 'person', reason: 'ended-by-person', origin: originOf(req) },
    );
    return res.redirect(303, `/?session=${SESSION_ENDED}`);
  });

  return router;

  function html(res: Response, page: string, data: Record<string, unknown>): void {
    res.type('html').send(views.render(page, data));
  }
}

function originOf(req: Request): { address: string; userAgent: string } {
  return { address: req.ip ?? 'unknown', userAgent: (req.get('user-agent') ?? '').slice(0, 300) };
}
