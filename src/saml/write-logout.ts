import { randomBytes } from 'node:crypto';
import { addMs, MINUTE } from '../base/index.ts';
import { canonicalText, element, signable, type XmlElement } from './canonical.ts';
import { type EncryptFor, encryptElement } from './encrypt.ts';
import { formatInstant } from './instant.ts';
import { type NameId, writeNameId } from './name-id.ts';
import { STATUS } from './names.ts';
import type { OutgoingMessage } from './send-message.ts';

export type NewLogoutRequest = {
  /** Our entity id in the role in which we speak. */
  readonly issuer: string;
  readonly destination: URL;
  readonly nameId: NameId;
  /** Then nobody on the way reads the name (SAML Core 3.7.1). */
  readonly encryptFor?: EncryptFor | undefined;
  /** Empty: all sessions of this name (SAML Core 3.7.1). */
  readonly sessionIndexes: readonly string[];
  /** SAML Core 3.7.3, such as `urn:oasis:names:tc:SAML:2.0:logout:user`. */
  readonly reason?: string;
  readonly now: Date;
  readonly id?: string;
};

/** How long a message of ours may be on its way; the other side's check of NotOnOrAfter ends it. */
const LIFETIME_MS = 5 * MINUTE;

/** SAML Core 3.7.1. The id is what its response must name in InResponseTo. */
export function writeLogoutRequest(request: NewLogoutRequest): OutgoingMessage {
  const {
    id = newMessageId(),
    issuer,
    destination,
    nameId,
    encryptFor,
    sessionIndexes,
    reason,
    now,
  } = request;
  const name = writeNameId(nameId);
  const root = element(
    'samlp:LogoutRequest',
    {
      ID: id,
      Version: '2.0',
      IssueInstant: formatInstant(now),
      Destination: destination.href,
      NotOnOrAfter: formatInstant(addMs(now, LIFETIME_MS)),
      Reason: reason,
    },
    element('saml:Issuer', {}, issuer),
    encryptFor ? encryptElement('saml:EncryptedID', canonicalText(name), encryptFor) : name,
    ...sessionIndexes.map((index) => element('samlp:SessionIndex', {}, index)),
  );
  return { ...signable(root, 1), parameter: 'SAMLRequest' };
}

/** `partial`: here it is over, but not everywhere it should be (SAML Core 3.7.3.2). */
export type LogoutStatus = 'success' | 'partial' | 'requester' | 'responder';

export type NewLogoutResponse = {
  readonly issuer: string;
  readonly destination: URL;
  /** Id of the request that is answered. */
  readonly inResponseTo: string;
  readonly status: LogoutStatus;
  readonly now: Date;
  readonly id?: string;
};

export function writeLogoutResponse(response: NewLogoutResponse): OutgoingMessage {
  const { id = newMessageId(), issuer, destination, inResponseTo, status, now } = response;
  const root = element(
    'samlp:LogoutResponse',
    {
      ID: id,
      Version: '2.0',
      IssueInstant: formatInstant(now),
      Destination: destination.href,
      InResponseTo: inResponseTo,
    },
    element('saml:Issuer', {}, issuer),
    writeStatus(STATUS_CODES[status]),
  );
  return { ...signable(root, 1), parameter: 'SAMLResponse' };
}

const STATUS_CODES: Readonly<Record<LogoutStatus, readonly string[]>> = {
  success: ['Success'],
  // SAML Core 3.2.2.2: PartialLogout is a second-level code; common software puts it below Success or Responder.
  partial: ['Success', 'PartialLogout'],
  requester: ['Requester'],
  responder: ['Responder'],
};

/** SAML Core 3.2.2.1: status codes, outermost first, each by its last part. */
export function writeStatus(codes: readonly string[], message?: string): XmlElement {
  const code = codes.reduceRight<XmlElement | undefined>(
    (inner, name) => element('samlp:StatusCode', { Value: `${STATUS}${name}` }, inner),
    undefined,
  );
  const text = message === undefined ? undefined : element('samlp:StatusMessage', {}, message);
  return element('samlp:Status', {}, code, text);
}

/** SAML Core 1.3.4: an NCName that nobody can guess; 160 random bits. */
export function newMessageId(): string {
  return `_${randomBytes(20).toString('hex')}`;
}
