import { z } from 'zod';
import type { Otds } from '../server.ts';
import type { Resource } from './resources.ts';

export type Exchange = {
  readonly method: string;
  readonly path: string;
  /** `null` when there was no reply. */
  readonly status: number | null;
};

export type ScimReply = { readonly status: number; readonly body: string };

/** Speaks SCIM with the broker: own token by client_credentials, one new token after a 401. */
export interface ScimClient {
  /** @returns undefined when there was no reply. Every exchange is recorded. */
  send(method: string, path: string, body?: Resource): Promise<ScimReply | undefined>;
  exchanges(): readonly Exchange[];
  reset(): void;
}

const TokenAnswer = z.object({ access_token: z.string() });

export function createScimClient(otds: Otds): ScimClient {
  let exchanges: Exchange[] = [];
  let token: string | undefined;

  const once = async (method: string, path: string, body?: Resource): Promise<ScimReply | undefined> => {
    const target = otds.needs.broker().scim;
    if (!target) return undefined;
    token ??= await fetchToken(otds);
    const reply = await attempt(otds, {
      method,
      url: target.baseUrl + path,
      headers: {
        authorization: `Bearer ${token ?? ''}`,
        accept: 'application/scim+json',
        ...(body && { 'content-type': 'application/scim+json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    exchanges.push({ method, path, status: reply?.status ?? null });
    return reply;
  };
  return {
    send: async (method, path, body) => {
      const reply = await once(method, path, body);
      if (reply?.status !== 401) return reply;
      token = undefined;
      return once(method, path, body);
    },
    exchanges: () => exchanges,
    reset: () => {
      exchanges = [];
      token = undefined;
    },
  };
}

async function fetchToken(otds: Otds): Promise<string | undefined> {
  const target = otds.needs.broker().scim;
  if (!target) return undefined;
  const reply = await attempt(otds, {
    method: 'POST',
    url: target.tokenUrl,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: target.clientId,
      client_secret: target.clientSecret,
      ...(target.scope !== undefined && { scope: target.scope }),
    }).toString(),
  });
  if (reply?.status !== 200) return undefined;
  try {
    return TokenAnswer.parse(JSON.parse(reply.body)).access_token;
  } catch {
    return undefined;
  }
}

async function attempt(
  otds: Otds,
  request: Parameters<Otds['needs']['outbound']>[0],
): Promise<ScimReply | undefined> {
  try {
    return await otds.needs.outbound(request);
  } catch (error) {
    otds.needs.log.warn('otds simulator got no reply', { method: request.method, error });
    return undefined;
  }
}
