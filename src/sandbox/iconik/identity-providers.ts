import { createHash, X509Certificate } from 'node:crypto';
import { certificateBody, certificatePem } from '../saml/certificate.ts';
import type { IdentityProvider } from '../saml/identity-provider.ts';
import { BINDING } from '../saml/names.ts';
import type { IdentityProviderRecord, IdentityProviderSettings } from './identity-provider.ts';
import type { User } from './model.ts';
import { HOST, type Iconik } from './server.ts';

/** One identity provider with the addresses that iconik has for it. Each is a service provider of its own. */
export type Trust = {
  readonly record: IdentityProviderRecord;
  readonly entityId: string;
  readonly start: string;
  readonly acs: string;
  readonly slo: string;
  /** @returns undefined while nothing usable is set. */
  find(): Promise<IdentityProvider | undefined>;
  /** Runs a check of signatures; `sent` are certificates that the message itself carries, for fingerprints. */
  withKeys<T>(
    check: (certificates: readonly string[]) => T | undefined,
    sent?: readonly string[],
  ): Promise<T | undefined>;
};

export function trustOf(iconik: Iconik, record: IdentityProviderRecord): Trust {
  const at = (what: string): string =>
    iconik.needs.url(HOST, `/API/auth/v1/auth/saml/${what}/${record.public_id}/`);
  const { settings } = record;
  return {
    record,
    ...{ entityId: at('metadata'), start: at('sso'), acs: at('acs'), slo: at('slo') },
    find: async () => (settings ? providerOf(settings) : iconik.identityProvider.find()),
    withKeys: async (check, sent = []) =>
      settings ? check(certificatesOf(settings, sent)) : iconik.identityProvider.withKeys(check),
  };
}

/** By the name in addresses, of today or of older set-ups. */
export function trustNamed(iconik: Iconik, publicId: string): Trust | undefined {
  const record = [...iconik.store.identityProviders.values()].find(
    (each) => each.public_id === publicId || each.id === publicId,
  );
  return record && trustOf(iconik, record);
}

export function trustById(iconik: Iconik, id: string | null): Trust | undefined {
  const record = iconik.store.identityProviders.get(id ?? '');
  return record && trustOf(iconik, record);
}

/** Where a person signs in: decided by the user's own binding, else by the mail domain. */
export function trustFor(iconik: Iconik, email: string, user: User | undefined): Trust | undefined {
  const domain = email.trim().toLowerCase().split('@')[1] ?? '';
  return (
    trustById(iconik, user?.identity_provider_id ?? null) ??
    trustById(iconik, iconik.store.domains.get(domain) ?? null)
  );
}

function providerOf(settings: IdentityProviderSettings): IdentityProvider {
  const { idp_entity_id, idp_sso_post_url, idp_sls_redirect_url } = settings;
  const slo = idp_sls_redirect_url ? { [BINDING.redirect]: idp_sls_redirect_url } : {};
  return {
    entityId: idp_entity_id,
    // There is one address, whichever way the request travels.
    sso: { [BINDING.post]: idp_sso_post_url, [BINDING.redirect]: idp_sso_post_url },
    slo,
    sloResponse: slo,
    signingCertificates: certificatesOf(settings, []),
  };
}

function certificatesOf(settings: IdentityProviderSettings, sent: readonly string[]): readonly string[] {
  if (settings.idp_x509cert) return [certificatePem(certificateBody(settings.idp_x509cert))];
  const wanted = settings.cert_fingerprint?.replace(/[:\s]/g, '').toLowerCase();
  const [, algorithm = 'sha1'] = /#(sha\d+)$/.exec(settings.cert_fingerprint_algorithm ?? '') ?? [];
  return sent
    .map((body) => certificatePem(body))
    .filter((pem) => wanted !== undefined && fingerprint(pem, algorithm) === wanted);
}

function fingerprint(pem: string, algorithm: string): string | undefined {
  try {
    return createHash(algorithm).update(new X509Certificate(pem).raw).digest('hex');
  } catch {
    return undefined;
  }
}
