import type { Request } from 'express';
import type { SystemNeeds } from '../frame/system.ts';
import type { Modified } from './modified.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { OtdsStore } from './store.ts';
import type { OtdsSwitches } from './switches.ts';

/** What every part of the server works with. */
export type Otds = {
  readonly needs: SystemNeeds;
  readonly switches: OtdsSwitches;
  readonly store: OtdsStore;
  readonly signingKeys: SigningKeys;
  readonly modified: Modified;
};

/** Scheme and host as the caller sees them: OTDS derives its own addresses from the request. */
export function originOf(otds: Otds, req: Request): string {
  const trusted = otds.switches.positions.trustForwardedHeaders;
  const host = (trusted ? req.get('x-forwarded-host') : undefined) ?? req.get('host') ?? 'otds.localhost';
  const scheme = (trusted ? req.get('x-forwarded-proto') : undefined) ?? 'http';
  return `${scheme}://${host}`;
}

/** Address of the deployment, base path included: `http://otds.localhost:4000/otdsws`. */
export function baseUrl(otds: Otds, req: Request): string {
  return originOf(otds, req) + otds.switches.positions.basePath;
}

export function issuerOf(otds: Otds, req: Request): string {
  return otds.switches.positions.issuerOverride ?? baseUrl(otds, req);
}
