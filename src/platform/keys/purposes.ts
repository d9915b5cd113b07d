/** Keys that stand behind what we issue and send; other systems learn their public parts before they are used. */
export const ISSUING_PURPOSES = [
  'oidc-rs256',
  'oidc-es256',
  'oidc-eddsa',
  'saml-identity-provider',
  'saml-service-provider',
] as const;
export type IssuingPurpose = (typeof ISSUING_PURPOSES)[number];

/** Checkpoint keys are handed to auditors one by one: they are replaced, but no next one is published. */
export const KEY_PURPOSES = [...ISSUING_PURPOSES, 'checkpoint'] as const;
export type KeyPurpose = (typeof KEY_PURPOSES)[number];

type Kind =
  | { readonly kind: 'certificate'; readonly commonName: string }
  | { readonly kind: 'rsa' | 'p-256' | 'ed25519' };

/** What is made for each purpose. Only SAML wants a certificate around its key. */
export const KIND_OF: Readonly<Record<KeyPurpose, Kind>> = {
  'oidc-rs256': { kind: 'rsa' },
  'oidc-es256': { kind: 'p-256' },
  'oidc-eddsa': { kind: 'ed25519' },
  'saml-identity-provider': { kind: 'certificate', commonName: 'Vestibule SAML identity provider' },
  'saml-service-provider': { kind: 'certificate', commonName: 'Vestibule SAML service provider' },
  checkpoint: { kind: 'ed25519' },
};

export function isIssuingPurpose(purpose: string): purpose is IssuingPurpose {
  return ISSUING_PURPOSES.some((known) => known === purpose);
}
