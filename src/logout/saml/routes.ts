import express, { type Request, Router } from 'express';
import { z } from 'zod';
import { MINUTE } from '../../base/index.ts';
import { limitRate } from '../../platform/http/index.ts';
import type { KeyValueStore } from '../../platform/key-value/index.ts';
import type { Incoming } from '../../saml/index.ts';
import type { EndingDeps } from '../deps.ts';
import { pageHref } from '../page.ts';
import type { SamlLogouts } from '../ports.ts';
import { refuseMessage } from '../refused.ts';
import { receiveFromParty } from './receive.ts';

export type SamlLogoutRoutesNeeds = {
  readonly deps: EndingDeps;
  readonly saml: SamlLogouts;
  readonly publicUrl: URL;
  readonly keyValue: KeyValueStore;
  readonly perMinute: number;
};

export const readMessageForm = express.urlencoded({ extended: false, limit: '128kb', parameterLimit: 10 });
const Fields = z.record(z.string(), z.string());

/** `/saml/slo`: logout messages of relying parties, by redirect and by POST. No cookie is read here (R2.2). */
export function samlLogoutRoutes({
  deps,
  saml,
  publicUrl,
  keyValue,
  perMinute,
}: SamlLogoutRoutesNeeds): Router {
  const limit = limitRate({ name: 'slo', limit: perMinute, windowMs: MINUTE, counter: keyValue });
  const needs = { ...deps, saml, sloUrl: new URL('/saml/slo', publicUrl) };
  const router = Router();

  router.get('/saml/slo', limit, async (req, res) => {
    if (req.method === 'HEAD') return void res.status(200).end();
    res.redirect(303, await receive(req, { binding: 'redirect', query: rawQuery(req) }));
  });
  router.post('/saml/slo', limit, readMessageForm, async (req, res) => {
    res.redirect(303, await receive(req, { binding: 'post', fields: fieldsOf(req) }));
  });
  return router;

  async function receive(req: Request, incoming: Incoming): Promise<string> {
    const origin = originOf(req);
    try {
      return pageHref(await receiveFromParty(incoming, origin, needs));
    } catch (error) {
      throw await refuseMessage(error, { kind: 'logout.saml' }, origin, deps);
    }
  }
}

/** As it was sent: signatures cover these very octets. */
export function rawQuery(req: Request): string {
  const at = req.originalUrl.indexOf('?');
  return at < 0 ? '' : req.originalUrl.slice(at + 1);
}

/** A field that stands twice is none. */
export function fieldsOf(req: Request): Readonly<Record<string, string>> {
  const fields = Fields.safeParse(req.body ?? {});
  return fields.success ? fields.data : {};
}

export function originOf(req: Request): { readonly address: string; readonly userAgent: string } {
  return { address: req.ip ?? 'unknown', userAgent: (req.get('user-agent') ?? '').slice(0, 300) };
}
