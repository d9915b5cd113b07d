import { createPublicKey, type KeyObject } from 'node:crypto';
import { compactVerify, decodeJwt } from 'jose';
import { HOST, type Salesforce } from '../../server.ts';
import type { ClientApp } from '../../store.ts';
import { type User, userByUsername } from '../../users.ts';
import { INVALID_CLIENT_ID, type OAuthError, oauthError } from './answers.ts';
import { appByKey } from './client.ts';

/** The sandbox's own key of the integration, made when first needed; `FOLDER/salesforce-integration.pem` when kept. */
export const INTEGRATION_KEY = 'salesforce-integration';

const LOGIN_HOSTS = {
  production: 'https://login.salesforce.com',
  sandbox: 'https://test.salesforce.com',
} as const;

const grant = (description: string): OAuthError => oauthError('invalid_grant', description);
const NOT_APPROVED = grant("user hasn't approved this consumer");

type Believed = { readonly app: ClientApp; readonly user: User } | OAuthError;

/** Checks the assertion of a JWT bearer grant (RFC 7523): client, signature, audience, time, user; in this order. */
export async function readAssertion(org: Salesforce, assertion: string): Promise<Believed> {
  const claimed = decode(assertion);
  const app = appByKey(org, claimed?.iss);
  if (!claimed) return grant('invalid assertion');
  if (!app) return INVALID_CLIENT_ID;
  if (!(await isSigned(org, app, assertion))) return grant('invalid assertion');
  if (!isForUs(org, claimed.aud)) return grant('audience is invalid');
  if (!isTimely(org, claimed.exp)) return grant('expired authorization code');
  const user = userByUsername(org.store, claimed.sub ?? '');
  if (!user || !org.switches.positions.preauthorized) return NOT_APPROVED;
  return { app, user };
}

function decode(assertion: string) {
  try {
    return decodeJwt(assertion);
  } catch {
    return undefined;
  }
}

async function isSigned({ needs }: Salesforce, app: ClientApp, assertion: string): Promise<boolean> {
  const key = await publicKey(needs.keys, app);
  try {
    // The signature alone: times are checked by the organization's clock.
    await compactVerify(assertion, key, { algorithms: ['RS256'] });
    return true;
  } catch {
    return false;
  }
}

async function publicKey(keys: Salesforce['needs']['keys'], app: ClientApp): Promise<KeyObject> {
  return createPublicKey(app.certificatePem ?? (await keys.rsa(INTEGRATION_KEY)));
}

function isForUs({ needs, switches }: Salesforce, aud: string | string[] | undefined): boolean {
  const { organizationKind, myDomainAudience } = switches.positions;
  const allowed: string[] = [LOGIN_HOSTS[organizationKind]];
  if (myDomainAudience === 'accepted') allowed.push(needs.url(HOST));
  return [aud].flat().some((each) => each !== undefined && allowed.includes(each));
}

function isTimely({ needs, switches }: Salesforce, exp: number | undefined): boolean {
  const now = needs.clock.now().getTime() / 1_000;
  return exp !== undefined && exp > now && exp <= now + switches.positions.assertionSeconds;
}
