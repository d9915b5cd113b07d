/**
 * xml: reading XML from strangers, and writing our own.
 *
 *   text ──▶ preScan (limits, forbidden constructs) ──▶ parseXml ──▶ verifySignature ──▶ canonical signed text
 *
 * Documents are bounded in size, depth and number of nodes before a parser sees them; DTDs, entities and
 * processing instructions are refused; nothing is ever fetched. A signature is accepted in one shape only,
 * and what it covered is handed back as text, so that nobody can read an element that was not signed.
 *
 * Knows XML and XML Signature, and nothing of SAML's rules about who may say what.
 */
export { canonicalize } from './canonicalize.ts';
export {
  anywhereNamed,
  attributeOf,
  childElements,
  childrenNamed,
  isNamed,
  onlyChildNamed,
  plainText,
  valueText,
} from './elements.ts';
export { SignatureRefused, XmlRefused } from './errors.ts';
export { escapeAttribute, escapeText } from './escape.ts';
export { parseXml } from './parse.ts';
export { MESSAGE_LIMITS, METADATA_LIMITS, preScan, type XmlLimits } from './pre-scan.ts';
export { signatureOf, verifySignature } from './signature.ts';
export {
  DIGEST_ALGORITHMS,
  ENVELOPED,
  EXCLUSIVE_C14N,
  isAllowedSignature,
  isStrongKey,
  SIGNATURE_ALGORITHMS,
  verifyBytes,
} from './signature-algorithms.ts';
export { DSIG } from './signature-shape.ts';
