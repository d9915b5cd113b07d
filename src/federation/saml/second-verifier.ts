import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { canonicalize, isStrongKey, signatureOf } from '../../xml/index.ts';
import { FederationError } from '../errors.ts';
import { parseMessage } from './decode.ts';

export type Witnessed = {
  /** The form field, base64; it passed our own checks. */
  readonly samlResponse: string;
  /** Of the upstream; any of them may have signed. */
  readonly keys: readonly KeyObject[];
  readonly isResponseSigned: boolean;
  readonly isAssertionSigned: boolean;
  readonly audience: string;
  readonly acsUrl: string;
  /** Ours, tried in turn. */
  readonly decryptionKeyPems: readonly string[];
};

const Vouched = z.object({ getAssertionXml: z.custom<() => string>((value) => typeof value === 'function') });

/**
 * Has node-saml verify the same response, and compares: a forgery must then deceive two verifiers that share no code
 * above the parser in the same way. Its own checks of time, audience and InResponseTo are off, because they would use the machine's clock
 * and leave gaps; ours are made anyway.
 *
 * @param assertion what we are about to read, made from what was signed.
 * @throws FederationError `federation.verifiers_disagree`
 */
export async function checkSecondVerifier(assertion: Element, witnessed: Witnessed): Promise<void> {
  for (const decryptionPvk of witnessed.decryptionKeyPems) {
    const theirs = await readByNodeSaml(witnessed, decryptionPvk);
    if (theirs !== undefined && isSame(theirs, assertion)) return;
  }
  throw new FederationError(
    'federation.verifiers_disagree',
    'the second verifier does not read the assertion that the first one verified',
  );
}

/** The library's words may quote the message, so a refusal is no more than that. */
async function readByNodeSaml(witnessed: Witnessed, decryptionPvk: string): Promise<string | undefined> {
  // The library itself would verify with a short key, and with a key of another kind.
  const keys = witnessed.keys.filter((key) => key.asymmetricKeyType === 'rsa' && isStrongKey(key));
  if (keys.length === 0) return undefined;
  // Not every broker wants a second verifier, and its package is a large one.
  const { SAML, ValidateInResponseTo } = await import('@node-saml/passport-saml');
  const library = new SAML({
    callbackUrl: witnessed.acsUrl,
    issuer: witnessed.audience,
    idpCert: keys.map((key) => String(key.export({ type: 'spki', format: 'pem' }))),
    wantAuthnResponseSigned: witnessed.isResponseSigned,
    wantAssertionsSigned: witnessed.isAssertionSigned,
    decryptionPvk,
    // Only for requests of the library, which we do not use; its default is SHA-1.
    signatureAlgorithm: 'sha256',
    audience: false,
    acceptedClockSkewMs: -1,
    validateInResponseTo: ValidateInResponseTo.never,
  });
  try {
    const { profile } = await library.validatePostResponseAsync({ SAMLResponse: witnessed.samlResponse });
    const vouched = Vouched.safeParse(profile);
    return vouched.success ? vouched.data.getAssertionXml() : undefined;
  } catch {
    return undefined;
  }
}

function isSame(theirs: string, ours: Element): boolean {
  return contentOf(parseMessage(theirs).document.documentElement) === contentOf(ours);
}

/** Below a signed response the library leaves the assertion's own signature where it is. */
function contentOf(assertion: Element): string {
  const signature = signatureOf(assertion);
  return canonicalize(assertion, signature && { without: signature });
}
