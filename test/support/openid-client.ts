import * as client from 'openid-client';
import { createHttpClient } from '../../src/platform/http/index.ts';
import type { Browser, Page } from './browser.ts';
import type { World } from './world.ts';

/** A relying party that nobody here wrote: openid-client against the broker of a world. */
export type TestApplication = {
  readonly id: string;
  readonly redirectUri: string;
  readonly config: client.Configuration;
};

export async function openApplication(
  world: World,
  application: { readonly id: string; readonly secret: string; readonly redirectUri: string },
): Promise<TestApplication> {
  const { id, secret, redirectUri } = application;
  // Names below localhost are loopback by definition (RFC 6761), but not every resolver knows.
  const http = createHttpClient({ allowInsecureLoopback: true, allowedHosts: [] });
  const config = await client.discovery(
    new URL(`${world.origin}/oidc`),
    id,
    undefined,
    client.ClientSecretBasic(secret),
    {
      execute: [client.allowInsecureRequests],
      [client.customFetch]: http.fetchFor('test') as client.CustomFetch,
    },
  );
  return { id, redirectUri, config };
}

/** What is known between leaving for the broker and coming back. */
export type Leaving = {
  readonly url: URL;
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
};

export async function leaveFor(
  { config, redirectUri }: TestApplication,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Leaving> {
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(config, {
    ...{ redirect_uri: redirectUri, scope: 'openid profile email', state, nonce },
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...parameters,
  });
  return { url, verifier, state, nonce };
}

/** The broker's answer, as the browser would carry it to the application. */
export async function carried(browser: Browser, run: () => Promise<Page>, redirectUri: string): Promise<URL> {
  const arrived = browser.pauseAt((url) => url.href.startsWith(redirectUri));
  await run();
  return new URL(arrived());
}

export function redeem(
  { config }: TestApplication,
  leaving: Leaving,
  callback: URL,
  parameters: Readonly<Record<string, string>> = {},
) {
  const checks = {
    pkceCodeVerifier: leaving.verifier,
    expectedState: leaving.state,
    expectedNonce: leaving.nonce,
  };
  return client.authorizationCodeGrant(config, callback, { ...checks, idTokenExpected: true }, parameters);
}
