import type { KeyObject } from 'node:crypto';
import { SAML, ValidateInResponseTo } from '@node-saml/passport-saml';
import { z } from 'zod';
import { isStrongKey } from '../../xml/index.ts';
import { FederationError } from '../errors.ts';

export type EngineRequest = {
  /** The form field, base64; held to bounds, shape and allowed algorithms before. */
  readonly samlResponse: string;
  /** Of the upstream; any of them may have signed. */
  readonly keys: readonly KeyObject[];
  readonly isResponseSigned: boolean;
  readonly isAssertionSigned: boolean;
  readonly audience: string;
  readonly acsUrl: string;
  readonly decryptionKeyPem: string;
};

/** Of the algorithms that are allowed, those that the engine knows. */
export const ENGINE_SIGNATURES: readonly string[] = [
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
];

const Vouched = z.object({ getAssertionXml: z.custom<() => string>((value) => typeof value === 'function') });

/**
 * The engine: the `SAML` class verifies every signature that the document carries, decrypts, and gives the text of
 * the one assertion that it vouches for. Nothing else of what it reads is used: its profile mixes names of the
 * upstream with fields of its own.
 *
 * What it leaves out, and what it would do by the machine's clock, is checked around it: its own checks of time,
 * audience and InResponseTo are therefore off.
 *
 * @returns the assertion as it was signed.
 * @throws FederationError `federation.signature_invalid`, `federation.decryption_failed`,
 *   `federation.assertion_refused`.
 */
export async function assertionByNodeSaml(request: EngineRequest): Promise<string> {
  // The engine itself would verify with a short key, and with a key of another kind.
  const keys = request.keys.filter((key) => key.asymmetricKeyType === 'rsa' && isStrongKey(key));
  if (keys.length === 0)
    throw new FederationError('federation.signature_invalid', 'no key of the upstream is fit');
  const engine = new SAML({
    callbackUrl: request.acsUrl,
    issuer: request.audience,
    idpCert: keys.map((key) => String(key.export({ type: 'spki', format: 'pem' }))),
    wantAuthnResponseSigned: request.isResponseSigned,
    wantAssertionsSigned: request.isAssertionSigned,
    decryptionPvk: request.decryptionKeyPem,
    // Only for requests of the library, which we do not use; its default is SHA-1.
    signatureAlgorithm: 'sha256',
    audience: false,
    acceptedClockSkewMs: -1,
    validateInResponseTo: ValidateInResponseTo.never,
  });
  const answer = await engine.validatePostResponseAsync({ SAMLResponse: request.samlResponse }).catch(refuse);
  const vouched = Vouched.safeParse(answer.profile);
  if (!vouched.success || answer.loggedOut) {
    throw new FederationError('federation.signature_invalid', 'the message vouches for no assertion');
  }
  return vouched.data.getAssertionXml();
}

/** The library's own words may quote the message, so only the kind of failure goes on. */
function refuse(error: unknown): never {
  const text = error instanceof Error ? error.message : '';
  if (/decrypt|cipher|encrypt/i.test(text)) {
    throw new FederationError(
      'federation.decryption_failed',
      'the assertion cannot be decrypted with our key',
    );
  }
  if (/signature/i.test(text)) {
    throw new FederationError(
      'federation.signature_invalid',
      'a signature was not made by a key of the other side',
    );
  }
  throw new FederationError('federation.assertion_refused', 'the engine does not accept the assertion');
}
