import type { LoginId } from '../base/index.ts';
import type { BeginOptions, Begun, Upstream } from '../federation/index.ts';
import type { LoginDeps } from './deps.ts';
import { LoginError } from './errors.ts';
import { recordFault } from './record-fault.ts';
import { type Destination, newLoginId } from './transaction.ts';

export type BeginRequest = {
  readonly connection: string;
  readonly destination: Destination;
  readonly address: string;
  readonly userAgent: string;
  /** The upstream must not show anything (R4.6). */
  readonly silent?: boolean;
  /** The person must prove again who they are. */
  readonly force?: boolean;
  readonly maxAgeSeconds?: number;
  readonly loginHint?: string;
  readonly context?: BeginOptions['context'];
};

/** What the browser takes along: the secret of this attempt, and where to go. */
export type BegunLogin = {
  readonly id: LoginId;
  readonly upstream: Upstream;
  readonly correlation: string;
  readonly secret: string;
  readonly go: Begun['go'];
};

/** Which connection a person should use, if that is clear without asking. */
export function onlyConnection(deps: Pick<LoginDeps, 'upstreams'>): string | undefined {
  const [only, ...others] = deps.upstreams.list();
  return others.length === 0 ? only?.id : undefined;
}

/** The connection that is responsible for a mail address's domain. */
export function connectionForMail(mail: string, deps: Pick<LoginDeps, 'upstreams'>): string | undefined {
  const domain = /@([^@\s]+)$/.exec(mail.trim())?.[1]?.toLowerCase();
  if (domain === undefined) return undefined;
  return deps.upstreams.list().find(({ mailDomains }) => mailDomains.includes(domain))?.id;
}

/**
 * Starts one attempt: the transaction fixes connection and destination, and belongs to the browser that holds the
 * secret (R2.2, R2.4). A fault is recorded, then thrown with the attempt's id.
 *
 * @throws LoginFailed with what the upstream threw as cause.
 */
export async function beginLogin(request: BeginRequest, deps: LoginDeps): Promise<BegunLogin> {
  const upstream = deps.upstreams.get(request.connection);
  if (!upstream) throw new LoginError('login.unknown_connection');
  const id = newLoginId();
  try {
    const silent = request.silent ?? false;
    const begun = await upstream.begin({
      ...(silent && { passive: true }),
      ...(request.force === true && { forceLogin: true }),
      ...(request.maxAgeSeconds !== undefined && { maxAgeSeconds: request.maxAgeSeconds }),
      ...(request.loginHint !== undefined && { loginHint: request.loginHint }),
      ...(request.context && { context: request.context }),
    });
    const secret = await deps.transactions.start(begun.correlation, {
      id,
      connection: upstream.id,
      destination: request.destination,
      silent,
      pending: begun.pending,
    });
    return { id, upstream, correlation: begun.correlation, secret, go: begun.go };
  } catch (error) {
    const { connection, destination, address, userAgent } = request;
    const login = { id, destination, address, userAgent };
    await recordFault(error, { login, stage: 'begin', connection }, deps);
    throw new LoginFailed(id, request.destination, error);
  }
}

/** Carries the thread of a fault that is already recorded, so that the page shows the same reference. */
export class LoginFailed extends Error {
  override readonly name = 'LoginFailed';
  readonly login: LoginId;
  readonly destination: Destination;

  constructor(login: LoginId, destination: Destination, cause: unknown) {
    super('login failed', { cause });
    this.login = login;
    this.destination = destination;
  }
}
