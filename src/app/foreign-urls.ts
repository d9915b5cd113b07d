import { isIP } from 'node:net';
import type { Problem } from '../base/index.ts';
import { addressKind } from '../platform/http/index.ts';
import type { Configuration } from './config.ts';

/** Settings whose URL the broker calls by itself; redirects and start pages are the browser's to open. */
const CALLED = new Set([
  'metadataUrl',
  'jwksUri',
  'backchannelLogoutUri',
  'soapUrl',
  'apiUrl',
  'baseUrl',
  'tokenUrl',
]);

type Rules = Pick<Configuration, 'allowInsecureLoopback' | 'outbound'>;

/**
 * Addresses in objects of the API that could never be called (R8.1), so that whoever writes one learns it at once.
 * Names are judged when they are looked up, at each connection.
 */
export function foreignUrlProblems(value: unknown, rules: Rules, path = ''): Problem[] {
  if (typeof value !== 'object' || value === null || value instanceof URL) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const here = Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    const url = CALLED.has(key) && URL.parse(String(member));
    if (!url) return foreignUrlProblems(member, rules, here);
    if (mayBeCalled(url.hostname.replace(/^\[|\]$/g, ''), rules)) return [];
    return [{ path: here, message: 'is not a public address; use one, or name its host in outbound.allow' }];
  });
}

function mayBeCalled(host: string, { allowInsecureLoopback, outbound }: Rules): boolean {
  if (isIP(host) === 0) return true;
  const kind = addressKind(host);
  if (kind === 'link-local') return false;
  return kind === 'public' || (kind === 'loopback' && allowInsecureLoopback) || outbound.allow.includes(host);
}
