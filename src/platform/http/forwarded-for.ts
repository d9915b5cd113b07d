import { isIP } from 'node:net';
import type { RequestHandler } from 'express';

/**
 * Proxies write what they know of a client in several ways: with the port of the connection, IPv6 in brackets, with a
 * zone, or as IPv4 in IPv6. Everything behind counts by address, so each connection would be somebody new. Runs before
 * anything reads an address.
 */
export const tidyForwardedFor: RequestHandler = (req, _res, next) => {
  const header = req.headers['x-forwarded-for'];
  if (header !== undefined) {
    const hops = [header].flat().join(',').split(',');
    req.headers['x-forwarded-for'] = hops.map(plainAddress).join(', ');
  }
  next();
};

/** @returns `unknown` for what is no address: all such share one name. */
export function plainAddress(hop: string): string {
  const text = hop.trim().replace(/^"(.*)"$/, '$1');
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1];
  const withPort = /^([\d.]+):\d{1,5}$/.exec(text)?.[1];
  const address = (bracketed ?? withPort ?? text).replace(/%.*$/, '').toLowerCase();
  const mapped = /^::ffff:([\d.]+)$/.exec(address)?.[1];
  const plain = mapped ?? address;
  return isIP(plain) === 0 ? 'unknown' : plain;
}
