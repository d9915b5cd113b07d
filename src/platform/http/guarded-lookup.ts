import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { addressKind, isLoopbackHost } from './addresses.ts';
import type { UrlTrust } from './client.ts';

export type LookupRules = {
  readonly trust: UrlTrust;
  /** `allowInsecureLoopback`: `*.localhost` is looked up as 127.0.0.1 without asking DNS. */
  readonly allowLoopback: boolean;
  /** Hosts of `outbound.allow`, lower case: foreign URLs may reach them although they are private. */
  readonly allowedHosts: ReadonlySet<string>;
};

/** A name that resolved to an address which this request must not reach. */
export class BlockedAddress extends Error {
  override readonly name = 'BlockedAddress';
  readonly code = 'EBLOCKED';
}

/** Says whether a connection to `address` is allowed for `hostname` (R8.1). */
export function mayConnect(hostname: string, address: string, rules: LookupRules): boolean {
  const kind = addressKind(address);
  if (kind === 'link-local') return false;
  if (kind === 'public' || rules.trust === 'configured') return true;
  if (kind === 'loopback' && rules.allowLoopback && isLoopbackHost(hostname)) return true;
  return rules.allowedHosts.has(hostname.toLowerCase());
}

/**
 * The look-up that the connection itself uses, so that a name cannot change its address between check and
 * connect. Every resolved address must pass; one bad address refuses the name.
 */
export function guardedLookup(rules: LookupRules): LookupFunction {
  return (hostname, options, callback) => {
    if (rules.allowLoopback && isLoopbackHost(hostname) && isIP(hostname) === 0) {
      if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
      else callback(null, '127.0.0.1', 4);
      return;
    }
    systemLookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      const [first] = addresses;
      if (!first || addresses.some(({ address }) => !mayConnect(hostname, address, rules))) {
        return callback(new BlockedAddress(`${hostname} resolves to an address that is not allowed`), '', 0);
      }
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
