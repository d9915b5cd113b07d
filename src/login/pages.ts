import type { Response } from 'express';
import { Unavailable, VestibuleError } from '../base/index.ts';
import type { Upstream } from '../federation/index.ts';
import type { Answer } from '../issuing/index.ts';
import { adoptRequestId, allowFormTarget, requestId, type Views } from '../platform/http/index.ts';
import type { RelyingParty } from '../relying-parties/index.ts';
import type { BegunLogin } from './begin.ts';
import { launchHref, loginHref, refuseHref } from './destination.ts';
import { describeInstant } from './instant-text.ts';
import { lookAgain } from './look-again.ts';
import type { Exit, Login } from './state.ts';
import type { Destination } from './transaction.ts';

export type ChooserPage = {
  readonly upstreams: readonly Upstream[];
  readonly destination: Destination;
  readonly relyingParty: RelyingParty | undefined;
  readonly hint?: string;
  readonly problem?: string;
};

/** Pages of a sign-in. Each knows what the person wanted, so that every dead end has a way on. */
export function createLoginPages(views: Views) {
  const send = (res: Response, status: number, page: string, data: Record<string, unknown>): void => {
    res.status(status).type('html').send(views.render(page, data));
  };

  return {
    choose(res: Response, page: ChooserPage): void {
      send(res, page.problem === undefined ? 200 : 400, 'choose', {
        going: page.relyingParty ? { title: page.relyingParty.title } : null,
        connections: page.upstreams.map(({ id, title }) => ({
          id,
          title,
          href: loginHref(page.destination, id),
        })),
        mailRouting: page.upstreams.some(({ mailDomains }) => mailDomains.length > 0),
        hint: page.hint ?? '',
        problem: page.problem ?? null,
        formAction: loginHref(page.destination),
      });
    },

    /** Back to the relying party with what was issued, or with its protocol's own error (R2.6). */
    answer(res: Response, answer: Answer, rp: RelyingParty | undefined): void {
      if (answer.kind === 'form') {
        allowFormTarget(res, answer.action);
        const fields = Object.entries(answer.fields).map(([name, value]) => ({ name, value }));
        const title = rp?.title ?? answer.action.host;
        send(res, 200, 'post', { action: answer.action.href, fields, title });
        return;
      }
      if (answer.carriesCredential) res.setHeader('Referrer-Policy', 'no-referrer');
      res.redirect(303, answer.location.href);
    },

    /** To the upstream: straight on after a GET, by a page of ours after a form POST (R2.6). */
    leave(res: Response, { go, upstream }: BegunLogin, after: 'get' | 'post'): void {
      if (go.kind === 'post') {
        allowFormTarget(res, go.url);
        const fields = Object.entries(go.fields).map(([name, value]) => ({ name, value }));
        send(res, 200, 'post', { action: go.url.href, fields, title: upstream.title });
      } else if (after === 'post') {
        send(res, 200, 'continue', { href: go.url.href, text: upstream.title });
      } else {
        res.redirect(303, go.url.href);
      }
    },

    refused(
      res: Response,
      login: Login,
      exit: Extract<Exit, { kind: 'refused' }>,
      rp?: RelyingParty,
      name?: string,
    ): void {
      adoptRequestId(res, login.id);
      // A request that is over cannot be tried again; the relying party itself still can.
      const { relyingParty } = login.destination;
      const where = login.request === 'over' ? { relyingParty } : login.destination;
      const again = exit.retry ? [{ href: launchHref(where), text: 'Try again' }] : [];
      const back =
        rp && login.request && login.request !== 'over'
          ? [{ href: refuseHref(login.request, exit.refusal ?? 'denied'), text: `Back to ${rp.title}` }]
          : [];
      const waiting = rp && exit.waits ? lookAgain(res.req, where, exit.retryAfterSeconds) : undefined;
      const retryAfter = exit.retryAfterSeconds ?? waiting?.seconds;
      if (retryAfter !== undefined) res.setHeader('Retry-After', String(retryAfter));
      if (waiting && rp) {
        send(res, exit.status, 'preparing', {
          ...{ relyingParty: { title: rp.title }, headline: headline(exit, rp) },
          ...{
            reason: exit.reason,
            again: waiting,
            reference: login.id,
            person: name === undefined ? null : { name },
          },
          links: [...back, { href: '/', text: 'Stores and apps' }],
        });
        return;
      }
      send(res, exit.status, 'refused', {
        relyingParty: rp ? { title: rp.title } : null,
        headline: headline(exit, rp),
        reason: exit.reason,
        next: exit.next,
        reference: login.id,
        opensAt: exit.opensAt ? describeInstant(exit.opensAt) : null,
        person: name === undefined ? null : { name },
        links: [...again, ...back, { href: '/', text: 'Stores and apps' }],
      });
    },

    /** A fault on the way, with the words of the room where it happened if they are meant for people. */
    failed(res: Response, reference: string, error: unknown, destination: Destination): void {
      adoptRequestId(res, reference);
      const known = error instanceof VestibuleError ? error : undefined;
      const status = known?.status ?? 500;
      const speaks = known !== undefined && (status < 500 || known instanceof Unavailable || status === 502);
      if (known?.retryAfterSeconds !== undefined)
        res.setHeader('Retry-After', String(known.retryAfterSeconds));
      send(res, status, 'refused', {
        relyingParty: null,
        headline: 'You are not signed in',
        reason: speaks ? known.publicMessage : 'Something went wrong on our side, so you were not signed in.',
        next: ['Try again in a moment. If it keeps happening, give your help desk the reference below.'],
        reference,
        opensAt: null,
        person: null,
        links: [
          { href: launchHref(destination), text: 'Try again' },
          { href: '/', text: 'Stores and apps' },
        ],
      });
    },

    expired(res: Response, destination: Destination, rp: RelyingParty | undefined): void {
      send(res, 400, 'expired', {
        restartHref: launchHref(destination),
        title: rp?.title ?? 'Stores and apps',
        reference: requestId() ?? '',
      });
    },
  };
}

function headline(exit: Extract<Exit, { kind: 'refused' }>, rp: RelyingParty | undefined): string {
  if (!rp) return 'You are not signed in';
  if (exit.status >= 500) return `${rp.title} is not ready for you yet`;
  return `You cannot open ${rp.title}`;
}
