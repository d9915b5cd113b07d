import type { IssuingKey, Keys } from '../../platform/keys/index.ts';

/** The key that signs now. */
export async function activeKey(keys: Pick<Keys, 'issuingKeys'>): Promise<IssuingKey> {
  const [active] = await keys.issuingKeys('saml-identity-provider');
  if (!active) throw new TypeError('there is no key of the SAML identity provider');
  return active;
}
