/**
 * saml: what both of our SAML roles share, service provider towards upstreams and identity provider towards
 * relying parties: names, decoding within bounds, canonical writing and signing, encryption, the two front-channel
 * bindings and SOAP for logout, metadata, and single logout.
 *
 *   writeLogoutRequest | writeLogoutResponse ─▶ sendByRedirect | sendByPost ─▶ browser
 *   browser ─▶ receiveMessage (nothing believed yet; whose is it?) ─▶ readLogoutMessage (R8.2) ─▶ facts
 *
 * Knows messages, not people: keeps no keys, no peers, no open requests and no spent ids; callers bring them.
 * Never fetches anything, and never reads an element that its signature did not cover.
 */
export { acceptedAlgorithms } from './accepted-algorithms.ts';
export {
  CanonicalText,
  canonicalText,
  element,
  type Signable,
  signable,
  unsignedText,
  type XmlChild,
  type XmlElement,
} from './canonical.ts';
export { bareCertificate, publicKeyOf } from './certificates.ts';
export { decodePosted, parseMessage, REQUEST_LIMITS, refusedAsSaml } from './decode.ts';
export { type Decryption, decryptElement, type SpendWrappedKey } from './decrypt.ts';
export { type ContentEncryption, type EncryptFor, encryptElement } from './encrypt.ts';
export { SamlError, type SamlErrorCode } from './errors.ts';
export { formatInstant, parseInstant } from './instant.ts';
export { type NameId, readNameId, writeNameId } from './name-id.ts';
export * from './names.ts';
export {
  type LogoutExpectations,
  type LogoutRequest,
  type LogoutResponse,
  readLogoutMessage,
  readStatusCodes,
} from './read-logout.ts';
export {
  certificatesOf,
  type EntityInRole,
  encryptionCertificateOf,
  endpointsOf,
  readEntity,
  signingKeysOf,
} from './read-metadata.ts';
export {
  type Incoming,
  issuerOf,
  type ReceivedMessage,
  receiveMessage,
  verifiedRoot,
} from './receive-message.ts';
export { type OutgoingMessage, sendByPost, sendByRedirect } from './send-message.ts';
export { certificateInfo, type SigningKey, signElement } from './sign.ts';
export {
  readSoapAnswer,
  SOAP_HEADERS,
  type SoapExpectations,
  sendBySoap,
} from './soap.ts';
export {
  type LogoutStatus,
  type NewLogoutRequest,
  type NewLogoutResponse,
  newMessageId,
  writeLogoutRequest,
  writeLogoutResponse,
  writeStatus,
} from './write-logout.ts';
