import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { TestContext } from 'node:test';
import { openOidcWorld, SECRET } from './oidc-world.ts';

/** How a program speaks to the provider by hand, for what no library would send. */
export const CALLBACK = 'http://wiki.localhost/callback';
export const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
export const BASIC = `Basic ${Buffer.from(`wiki:${encodeURIComponent(SECRET)}`).toString('base64')}`;
export const CHALLENGE = createHash('sha256').update('v'.repeat(43)).digest('base64url');

type Init = { method?: string; headers?: Record<string, string>; body?: string };

export async function openByHand(t: TestContext) {
  const world = await openOidcWorld(t);
  world.people.allow('mira', 'wiki');
  world.login.signInAs = 'mira';
  const call = async (path: string, init: Init = {}) => {
    const response = await world.fetch(world.url(path), { ...init, redirect: 'manual' });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson && text !== '' ? JSON.parse(text) : {}) as Record<string, unknown>,
    };
  };
  /** What an authorization request leads to: the error that the application gets, `login`, or `page` for one of ours. */
  const ask = async (...parameters: (readonly [string, string])[]): Promise<string> => {
    const basic = { client_id: 'wiki', redirect_uri: CALLBACK, response_type: 'code', scope: 'openid' };
    const pkce = { code_challenge: CHALLENGE, code_challenge_method: 'S256', state: 'st' };
    const given = new Set(parameters.map(([name]) => name));
    const all = [
      ...Object.entries({ ...basic, ...pkce }).filter(([name]) => !given.has(name)),
      ...parameters,
    ];
    const query = new URLSearchParams(all.map(([name, value]) => [name, value]));
    const { status, headers } = await call(`/oidc/auth?${query}`);
    const location = headers.get('location');
    if (location === null) return status === 400 ? 'page' : String(status);
    const place = new URL(location, world.publicUrl);
    if (place.pathname.startsWith('/login/request/')) return 'login';
    assert.equal(`${place.origin}${place.pathname}`, CALLBACK);
    const answer = new URLSearchParams(place.search || place.hash.slice(1));
    // RFC 9207 2: errors say who gives them, too.
    assert.equal(answer.get('iss'), world.issuerUrl);
    return answer.get('error') ?? 'nothing';
  };
  return { world, call, ask };
}
