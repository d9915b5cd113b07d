import { createHash, createHmac, createPublicKey } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import {
  type AttackWorld,
  alike,
  asField,
  checkRefused,
  inside,
  intoSignature,
  type Material,
  material,
  openAttackWorld,
  type Variants,
  VICTIM,
} from '../support/saml-attack.ts';
import { ALGORITHM } from '../support/saml-idp.ts';

const DS = 'http://www.w3.org/2000/09/xmldsig#';

/**
 * Published ways to make a signature hold that does not: over a forged assertion, by a browser that began the sign-in, over
 * HTTP at a running broker. `saml-wrapping` shows that the genuine assertion, unchanged, does sign in.
 */
let attack: AttackWorld;

/** Changes the genuine signature, below a forged content that would have to be covered by it. */
const onForged =
  (change: (signature: string, m: Material) => string) =>
  (m: Material): string =>
    m.around(inside(alike(m), change(m.signature, m)));
const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64');
const withDigest = (signature: string, value: string): string =>
  signature.replace(/<ds:DigestValue>[^<]*<\/ds:DigestValue>/, value);
const genuineDigest = (signature: string): string => /<ds:DigestValue>([^<]*)</.exec(signature)?.[1] ?? '';
/** Of the forged content, as it would be if it were covered. */
const forgedDigest = (m: Material): string => digestOf(alike(m));
const reference = (signature: string): string =>
  /<ds:Reference[\s\S]*<\/ds:Reference>/.exec(signature)?.[0] ?? '';
const info = (signature: string): string =>
  /<ds:SignedInfo[\s\S]*<\/ds:SignedInfo>/.exec(signature)?.[0] ?? '';
const withUri = (uri: string) => onForged((signature) => signature.replace(/ URI="[^"]*"/, ` URI="${uri}"`));
const withTransform = (transform: string) =>
  onForged((signature) => signature.replace('</ds:Transforms>', `${transform}</ds:Transforms>`));

const SIGNATURES: Variants = {
  'a digest with the forged one in a comment (CVE-2025-29775)': onForged((signature, m) =>
    withDigest(
      signature,
      `<ds:DigestValue><!--${forgedDigest(m)}-->${genuineDigest(signature)}</ds:DigestValue>`,
    ),
  ),
  'a digest before a comment': onForged((signature, m) =>
    withDigest(
      signature,
      `<ds:DigestValue>${forgedDigest(m)}<!--x-->${genuineDigest(signature)}</ds:DigestValue>`,
    ),
  ),
  'two digests': onForged((signature, m) =>
    withDigest(
      signature,
      `<ds:DigestValue>${forgedDigest(m)}</ds:DigestValue><ds:DigestValue>${genuineDigest(signature)}</ds:DigestValue>`,
    ),
  ),
  'two digests, the other way round': onForged((signature, m) =>
    withDigest(
      signature,
      `<ds:DigestValue>${genuineDigest(signature)}</ds:DigestValue><ds:DigestValue>${forgedDigest(m)}</ds:DigestValue>`,
    ),
  ),
  'a digest in an element': onForged((signature, m) =>
    withDigest(
      signature,
      `<ds:DigestValue><x>${genuineDigest(signature)}</x>${forgedDigest(m)}</ds:DigestValue>`,
    ),
  ),
  'a digest in CDATA': onForged((signature, m) =>
    withDigest(signature, `<ds:DigestValue><![CDATA[${forgedDigest(m)}]]></ds:DigestValue>`),
  ),
  'a digest behind a processing instruction': onForged((signature, m) =>
    withDigest(
      signature,
      `<ds:DigestValue><?x ${genuineDigest(signature)}?>${forgedDigest(m)}</ds:DigestValue>`,
    ),
  ),
  'no digest': onForged((signature) => withDigest(signature, '')),
  'an empty digest': onForged((signature) => withDigest(signature, '<ds:DigestValue></ds:DigestValue>')),
  'the digest of nothing (void canonicalisation)': (m) =>
    m.around(
      inside(
        alike(m).replace('<saml:Assertion ', '<saml:Assertion xmlns:void="1" '),
        withDigest(m.signature, `<ds:DigestValue>${digestOf('')}</ds:DigestValue>`),
      ),
    ),
  'a relative namespace around everything (void canonicalisation)': (m) =>
    m
      .around(m.genuine.replaceAll('p-mallory', VICTIM))
      .replace('<samlp:Response ', '<samlp:Response xmlns:void="." '),
  'a second SignedInfo before the genuine one (CVE-2025-29774)': onForged((signature, m) =>
    signature.replace(
      '<ds:SignedInfo',
      `${withDigest(info(signature), `<ds:DigestValue>${forgedDigest(m)}</ds:DigestValue>`)}<ds:SignedInfo`,
    ),
  ),
  'a second SignedInfo behind the genuine one': onForged((signature, m) =>
    signature.replace(
      '</ds:SignedInfo>',
      `</ds:SignedInfo>${withDigest(info(signature), `<ds:DigestValue>${forgedDigest(m)}</ds:DigestValue>`)}`,
    ),
  ),
  'the genuine SignedInfo in an Object': onForged((signature, m) =>
    intoSignature(
      withDigest(signature, `<ds:DigestValue>${forgedDigest(m)}</ds:DigestValue>`),
      `<ds:Object>${info(signature)}</ds:Object>`,
    ),
  ),
  'a second reference, to what is forged': onForged((signature, m) =>
    signature.replace(
      '</ds:Reference>',
      `</ds:Reference>${withDigest(reference(signature), `<ds:DigestValue>${forgedDigest(m)}</ds:DigestValue>`)}`,
    ),
  ),
  'no reference': onForged((signature) => signature.replace(reference(signature), '')),
  'a signature value with a comment': onForged((signature) =>
    signature.replace('<ds:SignatureValue>', '<ds:SignatureValue><!-- x -->'),
  ),
  'two signature values': onForged((signature) =>
    signature.replace(
      '<ds:SignatureValue>',
      '<ds:SignatureValue>AAAA</ds:SignatureValue><ds:SignatureValue>',
    ),
  ),
  'no signature value': onForged((signature) =>
    signature.replace(/<ds:SignatureValue>[\s\S]*<\/ds:SignatureValue>/, ''),
  ),
  'an empty signature value': onForged((signature) =>
    signature.replace(/<ds:SignatureValue>[\s\S]*<\/ds:SignatureValue>/, '<ds:SignatureValue/>'),
  ),
  'two signatures, the own one first': (m) => {
    const own = attack.idp.sign(alike(m), 'Assertion', { key: attack.ownKey });
    return m.around(own.replace('</ds:Signature>', `</ds:Signature>${m.signature}`));
  },
  'two signatures, the own one last': (m) =>
    m.around(inside(attack.idp.sign(alike(m), 'Assertion', { key: attack.ownKey }), m.signature)),
  'a certificate of one’s own in KeyInfo': (m) => {
    const bare = attack.ownKey.certificatePem.replace(/-----[A-Z ]+-----|\s/g, '');
    const key = `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${bare}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`;
    return m.around(
      attack.idp
        .sign(m.forged, 'Assertion', { key: attack.ownKey })
        .replace('</ds:Signature>', `${key}</ds:Signature>`),
    );
  },
  'a key by RetrievalMethod': (m) =>
    m.around(
      attack.idp
        .sign(m.forged, 'Assertion', { key: attack.ownKey })
        .replace(
          '</ds:Signature>',
          `<ds:KeyInfo><ds:RetrievalMethod URI="${attack.world.origin}/login/idp/metadata"/></ds:KeyInfo></ds:Signature>`,
        ),
    ),
  'an HMAC with the public key as its secret': (m) =>
    hmac(m, createPublicKey(attack.idp.key.certificatePem).export({ type: 'spki', format: 'pem' }) as string),
  'an HMAC with the certificate as its secret': (m) => hmac(m, attack.idp.key.certificatePem),
  'an HMAC with nothing as its secret, cut to nothing': (m) =>
    hmac(m, '').replace(
      /<ds:SignatureMethod ([^>]*)\/?>(<\/ds:SignatureMethod>)?/,
      '<ds:SignatureMethod $1><ds:HMACOutputLength>0</ds:HMACOutputLength></ds:SignatureMethod>',
    ),
  'SHA-1': (m) =>
    m.around(attack.idp.sign(m.bare, 'Assertion', { algorithm: ALGORITHM.rsaSha1, digest: ALGORITHM.sha1 })),
  'an algorithm with a space behind its name': onForged((signature) =>
    signature.replace(`"${ALGORITHM.rsaSha256}"`, `"${ALGORITHM.rsaSha256} "`),
  ),
  'no algorithm': onForged((signature) =>
    signature.replace(/<ds:SignatureMethod [^>]*>/, '<ds:SignatureMethod>'),
  ),
  'an algorithm named constructor': onForged((signature) =>
    signature
      .replace(`"${ALGORITHM.rsaSha256}"`, '"constructor"')
      .replace(`"${ALGORITHM.sha256}"`, '"__proto__"'),
  ),
  'an empty URI': withUri(''),
  'no URI': onForged((signature) => signature.replace(/ URI="[^"]*"/, '')),
  'a URI of nothing': withUri('#'),
  'a URI by XPointer': (m) => withUri(`#xpointer(id(&apos;_m${m.id}&apos;))`)(m),
  'a URI of the whole by XPointer': withUri('#xpointer(/)'),
  'a URI elsewhere': withUri('http://sso.localhost/login/idp/metadata'),
  'a URI of a file': withUri('file:///etc/passwd'),
  'a URI of another element': (m) => withUri(`#_r${m.id}`)(m),
  'a transform by XSLT': withTransform(
    `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"><xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"/></ds:Transform>`,
  ),
  'a transform by XPath': withTransform(
    `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>not(ancestor-or-self::*[local-name()='Subject'])</ds:XPath></ds:Transform>`,
  ),
  'a transform by an XPath filter': withTransform(
    `<ds:Transform Algorithm="http://www.w3.org/2002/06/xmldsig-filter2"><x:XPath xmlns:x="http://www.w3.org/2002/06/xmldsig-filter2" Filter="subtract">//*</x:XPath></ds:Transform>`,
  ),
  'a transform from base64': withTransform(`<ds:Transform Algorithm="${DS}base64"/>`),
  'a signature of the metadata of the upstream': (m) =>
    inside(
      m.around(m.forged),
      /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(
        attack.idp.sign(attack.idp.metadata(), 'EntityDescriptor'),
      )?.[0] ?? '',
    ),
  'the metadata of the upstream itself': () => attack.idp.sign(attack.idp.metadata(), 'EntityDescriptor'),
};

function hmac(m: Material, secret: string): string {
  const method = 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256';
  const signed = withDigest(m.signature, `<ds:DigestValue>${digestOf(m.forged)}</ds:DigestValue>`)
    .replace(`"${ALGORITHM.rsaSha256}"`, `"${method}"`)
    .replace(`#_m${m.id}`, `#_v${m.id}`);
  const canonical = info(signed).replace('<ds:SignedInfo>', `<ds:SignedInfo xmlns:ds="${DS}">`);
  const value = createHmac('sha256', secret).update(canonical).digest('base64');
  return m.around(
    inside(m.forged, signed.replace(/<ds:SignatureValue>[^<]*/, `<ds:SignatureValue>${value}`)),
  );
}

suite('a signature that does not hold signs nobody in', () => {
  before(async () => {
    attack = await openAttackWorld();
  });
  after(() => attack[Symbol.asyncDispose]());

  for (const [title, make] of Object.entries(SIGNATURES)) {
    test(title, async () => {
      const browser = attack.world.browser();
      const message = make(material(attack.idp, await attack.begin(browser)));

      checkRefused(await attack.post(browser, asField(message)), browser);
    });
  }
});
