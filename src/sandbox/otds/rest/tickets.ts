import type { NextFunction, Request, Response } from 'express';
import { z } from 'zod';
import { readCookie } from '../../cookies.ts';
import { findClient, isSecretOf } from '../clients.ts';
import { authenticate } from '../login.ts';
import type { Otds } from '../server.ts';
import { randomToken } from '../store.ts';
import { bearerOf } from '../token-services.ts';

const Credentials = z.object({ userName: z.string(), password: z.string() });

/** The error body of REST; the first number is OTDS's own. */
export function sendRestError(res: Response, status: number, error: string, own = status): void {
  res.status(status).json({ status: own, error, errorDetails: null });
}

/** `POST /rest/authentication/credentials`: for people, and for a client as `client@OAuthClients`. */
export function issueTicket(otds: Otds, req: Request, res: Response): void {
  const body = Credentials.safeParse(req.body);
  if (!body.success) {
    sendRestError(res, 400, 'userName and password are required');
    return;
  }
  const userId = authenticatedId(otds, body.data.userName, body.data.password);
  if (userId === undefined) {
    res.status(401).json({
      token: null,
      userId: null,
      ticket: null,
      resourceID: null,
      failureReason: 'Authentication failed',
      passwordExpirationTime: 0,
      continuation: false,
      continuationContext: null,
      continuationData: null,
    });
    return;
  }
  const ticket = `*OTDSSSO*${Buffer.from(randomToken()).toString('base64')}*`;
  const lifetime = otds.switches.positions.ticketSeconds * 1_000;
  otds.store.tickets.set(ticket, { userId, ends: new Date(otds.needs.clock.now().getTime() + lifetime) });
  res.json({
    token: null,
    userId,
    ticket,
    resourceID: null,
    failureReason: null,
    passwordExpirationTime: 0,
    continuation: false,
    continuationContext: null,
    continuationData: null,
  });
}

function authenticatedId(otds: Otds, name: string, password: string): string | undefined {
  const clientId = /^(.+)@OAuthClients$/.exec(name)?.[1];
  if (clientId !== undefined) {
    const client = findClient(otds, clientId);
    return client && isSecretOf(client, password) ? name : undefined;
  }
  const result = authenticate(otds, name, password);
  return result.outcome === 'accepted' ? `${result.person.login}@${result.person.partition}` : undefined;
}

/**
 * Lets through who may read the directory: the OAuth client, by Bearer token or ticket. An expired ticket is a
 * 400 with OTDS's own number, not a 401.
 */
export function requireReader(otds: Otds): (req: Request, res: Response, next: NextFunction) => void {
  return (req, res, next) => {
    const ticket = ticketOf(otds, req);
    if (ticket === 'expired') {
      sendRestError(res, 400, 'Expired OTDS SSO ticket', 1034);
      return;
    }
    const userId = ticket ?? bearerId(otds, req);
    if (userId === undefined) {
      sendRestError(res, 401, 'Authentication required');
    } else if (!userId.endsWith('@OAuthClients') || !otds.switches.positions.clientMayRead) {
      sendRestError(res, 403, 'The caller is not authorized to perform this operation');
    } else {
      next();
    }
  };
}

/** Who is calling, or undefined. */
export function callerOf(otds: Otds, req: Request): string | undefined {
  const ticket = ticketOf(otds, req);
  return ticket === 'expired' ? undefined : (ticket ?? bearerId(otds, req));
}

function ticketOf(otds: Otds, req: Request): string | 'expired' | undefined {
  const text = req.get('otdsticket') ?? cookieTicket(req);
  if (text === undefined) return undefined;
  const ticket = otds.store.tickets.get(text);
  return ticket && ticket.ends > otds.needs.clock.now() ? ticket.userId : 'expired';
}

function cookieTicket(req: Request): string | undefined {
  const text = readCookie(req, 'OTDSTicket');
  try {
    return text && decodeURIComponent(text);
  } catch {
    return text;
  }
}

function bearerId(otds: Otds, req: Request): string | undefined {
  const token = bearerOf(otds, req);
  if (!token) return undefined;
  const person = token.uuid === undefined ? undefined : otds.needs.people.byUuid(token.uuid);
  return person ? `${person.login}@${person.partition}` : `${token.clientId}@OAuthClients`;
}
