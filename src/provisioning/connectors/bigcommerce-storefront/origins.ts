import { isLoopbackHost } from '../../../platform/http/index.ts';
import type { Storefront } from './config.ts';

/** Where people enter a storefront: as configured, or as the store told. */
export function originOf({ access }: Storefront, sites: Readonly<Record<string, string>>): URL | undefined {
  const told = sites[String(access.channelId)];
  return access.storefrontUrl ?? (told === undefined ? undefined : safeUrl(told));
}

/** A login token must not travel in clear: what the store tells counts with https, or on this machine (R2.7). */
function safeUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const local = url.protocol === 'http:' && isLoopbackHost(url.hostname);
  return url.protocol === 'https:' || local ? url : undefined;
}
