import express, {
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
  Router,
} from 'express';
import { z } from 'zod';
import type { AccessLog } from '../../access-log/index.ts';
import { Unavailable } from '../../base/index.ts';
import { allowFormTarget, requestId, type Views } from '../../platform/http/index.ts';
import type { Log } from '../../platform/log/index.ts';
import type { Incoming } from '../../saml/index.ts';
import { type IntakeNeeds, takeAuthnRequest } from './intake.ts';
import { salesforceFailure } from './salesforce-errors.ts';

export type SamlRoutesOptions = {
  readonly intake: IntakeNeeds;
  readonly metadata: () => Promise<string>;
  readonly views: Views;
  readonly log: Log;
  readonly accessLog: Pick<AccessLog, 'countJunk'>;
  /** Bounds requests from one address, before anything is decoded. */
  readonly limit: RequestHandler;
};

/** A request with everything around it; above it is refused before it is read (DESIGN §12). */
const readForm = express.urlencoded({ extended: false, limit: '128kb', parameterLimit: 20 });
const FormFields = z.record(z.string(), z.string());

/** Paths that service providers post to; they read no cookie and set no session (R2.2). */
export function isSamlEndpoint(path: string): boolean {
  return path === '/saml/sso';
}

/** Our identity provider role towards service providers (DESIGN §3). */
export function samlRoutes(options: SamlRoutesOptions): Router {
  const { intake, metadata, views, log, accessLog, limit } = options;
  const router = Router();

  router.get('/saml/metadata', async (_req, res) => {
    res.setHeader('Cache-Control', 'public, max-age=3600');
    res.type('application/samlmetadata+xml').send(await metadata());
  });

  router.get('/saml/sso', limit, async (req, res) => {
    if (req.method === 'HEAD') return void res.status(200).end();
    const start = req.originalUrl.indexOf('?');
    await take(req, res, { binding: 'redirect', query: start < 0 ? '' : req.originalUrl.slice(start + 1) });
  });

  router.post('/saml/sso', limit, readBoundedForm, async (req, res) => {
    const fields = FormFields.safeParse(req.body);
    await take(req, res, { binding: 'post', fields: fields.success ? fields.data : {} });
  });

  // Set as the error URL of the configuration in Salesforce; it must open without a sign-in.
  router.get('/saml/errors/salesforce', limit, (req, res) => {
    const failure = salesforceFailure(req.query['ErrorCode']);
    const reference = requestId() ?? '';
    log.warn('salesforce sent a person to our error page', { id: reference, reason: failure.reason });
    const page = {
      relyingParty: { title: 'Salesforce' },
      headline: 'Salesforce did not let you in',
      ...failure,
      ...{ reference, opensAt: null, person: null, links: [{ href: '/', text: 'Stores and apps' }] },
    };
    res.status(200).type('html').send(views.render('refused', page));
  });

  return router;

  /** What is too large is counted as well. */
  function readBoundedForm(req: Request, res: Response, next: NextFunction): void {
    readForm(req, res, (error?: unknown) => {
      if (error !== undefined) accessLog.countJunk('request.saml', req.ip ?? 'unknown');
      next(error);
    });
  }

  async function take(req: Request, res: Response, incoming: Incoming): Promise<void> {
    const taken = await takeAuthnRequest(incoming, intake).catch((error: unknown) => {
      // Nothing valid is known about it: counted, not recorded one by one (R6.3).
      if (!(error instanceof Unavailable)) accessLog.countJunk('request.saml', req.ip ?? 'unknown');
      throw error;
    });
    if (taken.outcome === 'waiting') return res.redirect(303, `/login/request/saml/${taken.handle}`);
    const { answer, relyingParty } = taken;
    if (answer.kind === 'redirect') return res.redirect(303, answer.location.href);
    allowFormTarget(res, answer.action);
    const form = {
      action: answer.action.href,
      fields: Object.entries(answer.fields).map(([name, value]) => ({ name, value })),
      title: intake.parties.of(relyingParty)?.relyingParty.title ?? relyingParty,
    };
    res.status(200).type('html').send(views.render('post', form));
  }
}
