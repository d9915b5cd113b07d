import { DIGEST_ALGORITHMS, SIGNATURE_ALGORITHMS } from '../xml/index.ts';
import { element, type XmlElement } from './canonical.ts';

/**
 * What may sign messages to us, the first thing within an EntityDescriptor but for its signature (SAML Metadata
 * Profile for Algorithm Support 1.0). Who does not say so is sent SHA-1 by some: Shibboleth signs its answers over
 * SOAP with it.
 */
export function acceptedAlgorithms(): XmlElement {
  return element(
    'md:Extensions',
    {},
    ...DIGEST_ALGORITHMS.map((Algorithm) => element('alg:DigestMethod', { Algorithm })),
    ...SIGNATURE_ALGORITHMS.map((Algorithm) => element('alg:SigningMethod', { Algorithm })),
  );
}
