import express, { type Request, type Response, Router } from 'express';
import { MINUTE, Unavailable } from '../../base/index.ts';
import type { Upstream } from '../../federation/index.ts';
import { limitRate } from '../../platform/http/index.ts';
import type { KeyValueStore } from '../../platform/key-value/index.ts';
import type { Incoming } from '../../saml/index.ts';
import type { EndingDeps } from '../deps.ts';
import { LogoutError } from '../errors.ts';
import { pageHref } from '../page.ts';
import { refuseMessage } from '../refused.ts';
import { fieldsOf, originOf, rawQuery, readMessageForm } from '../saml/routes.ts';
import { receiveFromUpstream, receiveToken } from './receive.ts';

export type UpstreamLogoutRoutesNeeds = {
  readonly deps: EndingDeps;
  readonly keyValue: KeyValueStore;
  readonly perMinute: number;
};

const readTokenForm = express.urlencoded({ extended: false, limit: '32kb', parameterLimit: 10 });

/** `/login/:connection/slo` and `/login/:connection/backchannel-logout`. No cookie is read here (R2.2). */
export function upstreamLogoutRoutes({ deps, keyValue, perMinute }: UpstreamLogoutRoutesNeeds): Router {
  const limit = limitRate({ name: 'upstream-slo', limit: perMinute, windowMs: MINUTE, counter: keyValue });
  const router = Router();

  router.get('/login/:connection/slo', limit, async (req, res) => {
    if (req.method === 'HEAD') return void res.status(200).end();
    res.redirect(303, await receive(req, { binding: 'redirect', query: rawQuery(req) }));
  });
  router.post('/login/:connection/slo', limit, readMessageForm, async (req, res) => {
    res.redirect(303, await receive(req, { binding: 'post', fields: fieldsOf(req) }));
  });
  router.post('/login/:connection/backchannel-logout', readTokenForm, async (req, res) => {
    const upstream = upstreamOf(req);
    const origin = originOf(req);
    try {
      await receiveToken(upstream, fieldsOf(req)['logout_token'] ?? '', origin, deps);
      res.status(200).end();
    } catch (error) {
      await refuseMessage(error, { kind: `logout.${upstream.id}`, connection: upstream.id }, origin, deps);
      refuseToken(res, error);
    }
  });
  return router;

  async function receive(req: Request, incoming: Incoming): Promise<string> {
    const upstream = upstreamOf(req);
    const origin = originOf(req);
    try {
      return pageHref(await receiveFromUpstream(upstream, incoming, origin, deps));
    } catch (error) {
      throw await refuseMessage(
        error,
        { kind: `logout.${upstream.id}`, connection: upstream.id },
        origin,
        deps,
      );
    }
  }

  function upstreamOf(req: Request): Upstream {
    const upstream = deps.upstreams.get(String(req.params['connection']));
    if (!upstream) throw new LogoutError('logout.unknown_peer', 'no such connection');
    return upstream;
  }
}

/** Back-Channel Logout 1.0, 2.8: 400 with an OAuth error; 503 where the upstream should try again. */
function refuseToken(res: Response, error: unknown): void {
  if (error instanceof Unavailable) {
    res.status(503).setHeader('Retry-After', String(error.retryAfterSeconds ?? 30));
    res.end();
    return;
  }
  const isKnown = error instanceof Error && 'status' in error && Number(error.status) < 500;
  res.status(isKnown ? 400 : 500).json({ error: isKnown ? 'invalid_request' : 'server_error' });
}
