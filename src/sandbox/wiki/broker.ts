import * as client from 'openid-client';
import { brokerUrl } from '../frame/broker.ts';
import type { Outbound } from '../frame/outbound.ts';
import type { Wiki } from './server.ts';

/** The broker's issuer, which the wiki was told once. */
export function issuerOf({ needs }: Wiki): string | undefined {
  return brokerUrl(needs.broker(), '/oidc');
}

/** Thrown when the wiki cannot reach its issuer or was never told about one. */
export class BrokerUnknown extends Error {
  override readonly name = 'BrokerUnknown';
}

/** What openid-client works with. Made for each use, because the sandbox's clock may be shifted at any time. */
export async function configurationOf(wiki: Wiki): Promise<client.Configuration> {
  const { needs } = wiki;
  const issuer = issuerOf(wiki);
  if (issuer === undefined) throw new BrokerUnknown('nobody said where the broker is');
  const { clientId, clientSecret } = needs.broker().wiki;
  const skew = Math.round((needs.clock.now().getTime() - Date.now()) / 1_000);
  return client.discovery(
    new URL(issuer),
    clientId,
    { [client.clockSkew]: skew, [client.clockTolerance]: 5 },
    client.ClientSecretBasic(clientSecret),
    { execute: [client.allowInsecureRequests], [client.customFetch]: fetchBy(needs.outbound) },
  );
}

/** `fetch` that finds `*.localhost` and follows no redirect. */
export function fetchBy(outbound: Outbound): client.CustomFetch {
  return async (url, { method, headers, body }) => {
    const reply = await outbound({
      url,
      method,
      headers: Object.fromEntries(new Headers(headers)),
      ...(body !== undefined && body !== null && { body: String(body) }),
    });
    const fields = Object.entries(reply.headers).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, String(value)]],
    );
    return new Response(reply.status === 204 ? null : reply.body, { status: reply.status, headers: fields });
  };
}

/** What went wrong at the broker, in its own words. */
export function reasonOf(error: unknown): string {
  if (error instanceof client.ResponseBodyError) {
    return words(error.status, error.error, error.error_description);
  }
  if (error instanceof client.AuthorizationResponseError) {
    return words(undefined, error.error, error.error_description);
  }
  if (error instanceof client.WWWAuthenticateChallengeError) {
    const [challenge] = error.cause;
    return words(error.status, challenge?.parameters.error ?? '', challenge?.parameters.error_description);
  }
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error instanceof Error ? error.message : String(error)}${cause}`;
}

function words(status: number | undefined, code: string, description: string | undefined): string {
  const start = status === undefined ? code : `${status} ${code}`;
  return description === undefined ? start : `${start}: ${description}`;
}
