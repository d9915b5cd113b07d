import { readFileSync } from 'node:fs';
import express, { type Express, type Request, type Response } from 'express';
import { randomText } from '../../../base/index.ts';
import type { Account } from '../account/account.ts';

type Ticket = { readonly userId: number; readonly hash: string };

/** What both hosts of the control panel work with. */
export type PanelSite = {
  /** The account as it is now; a reset puts another one in its place. */
  account(): Account;
  /** Carry somebody from the sign-in page to the host of a store; each works once. */
  readonly tickets: { issue(ticket: Ticket): string; take(id: string): Ticket | undefined };
  /** An address at another host of the port that was asked. */
  origin(req: Request, host: string, path: string): string;
};

const STYLE = readFileSync(new URL('panel.css', import.meta.url), 'utf8');

export function createPanelSite(account: () => Account): PanelSite {
  const tickets = new Map<string, Ticket>();
  return {
    account,
    tickets: {
      issue: (ticket) => {
        const id = randomText();
        tickets.set(id, ticket);
        return id;
      },
      take: (id) => {
        const ticket = tickets.get(id);
        tickets.delete(id);
        return ticket;
      },
    },
    origin: (req, host, path) => `http://${host}${/:\d+$/.exec(req.headers.host ?? '')?.[0] ?? ''}${path}`,
  };
}

export function prepare(app: Express): void {
  app.disable('x-powered-by');
  app.disable('etag');
  app.get('/assets/panel.css', (_req, res) => {
    res.set('cache-control', 'max-age=300').type('css').send(STYLE);
  });
  app.get('/favicon.ico', (_req, res) => {
    res.status(204).end();
  });
  app.use(express.urlencoded({ extended: true, parameterLimit: 500 }), (_req, res, next) => {
    // No form-action: the sign-in form ends at the host of a store.
    res.set('content-security-policy', "default-src 'none'; style-src 'self'");
    res.set('cache-control', 'no-store');
    next();
  });
}

export function remember(res: Response, name: string, value: string): void {
  res.cookie(name, value, { path: '/', httpOnly: true, sameSite: 'lax' });
}
