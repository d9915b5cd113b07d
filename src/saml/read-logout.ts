import type { KeyObject } from 'node:crypto';
import { addMs, MINUTE } from '../base/index.ts';
import { anywhereNamed, attributeOf, childrenNamed, isNamed, plainText } from '../xml/index.ts';
import { parseMessage, REQUEST_LIMITS } from './decode.ts';
import { type Decryption, decryptElement } from './decrypt.ts';
import { SamlError } from './errors.ts';
import { parseInstant } from './instant.ts';
import { type NameId, nameIdIn, readNameId } from './name-id.ts';
import { SAML, SAMLP, STATUS } from './names.ts';
import { issuerOf, type ReceivedMessage, verifiedRoot } from './receive-message.ts';

/** What is known of the other side, and of us. */
export type LogoutExpectations = {
  /** Entity id of the peer. */
  readonly issuer: string;
  /** Keys of this peer alone. */
  readonly keys: readonly KeyObject[];
  /** Address at which the message arrived, as we publish it. */
  readonly destination: URL;
  readonly now: Date;
  /** How far clocks may differ; at most 5 minutes. Default: one minute. */
  readonly toleranceMs?: number;
  /**
   * Spends a request's id of this peer; exactly one caller in all processes may get true. Throws when the record
   * does not answer (R7.3).
   */
  readonly spendOnce: (id: string, until: Date) => Promise<boolean>;
  /** Was this request sent by us to this peer, and is it still open? Closes it: a second response finds it closed. */
  readonly closeRequest: (id: string) => Promise<boolean>;
  /** For a name that comes encrypted; asked for only then. Absent: such a name is refused. */
  readonly decryption?: () => Promise<Decryption>;
};

export type LogoutRequest = {
  readonly kind: 'request';
  /** To be named in the answer's InResponseTo. */
  readonly id: string;
  readonly nameId: NameId;
  /** Empty: all sessions of this name with this peer. */
  readonly sessionIndexes: readonly string[];
  readonly relayState?: string;
};

export type LogoutResponse = {
  readonly kind: 'response';
  readonly inResponseTo: string;
  readonly status: 'success' | 'partial' | 'failed';
  /** Last parts of the status codes, outermost first. Known words only. */
  readonly codes: readonly string[];
  readonly relayState?: string;
};

/** Older messages are refused even if they set no end themselves; their ids are remembered for as long. */
const MAX_AGE_MS = 5 * MINUTE;
const MAX_TOLERANCE_MS = 5 * MINUTE;
const MAX_SESSION_INDEXES = 100;

type Check = {
  readonly rule: string;
  readonly code: SamlError['code'];
  readonly passes: (root: Element, expected: LogoutExpectations) => boolean;
};

/** Every check over a signed logout message that needs no memory (R8.2). */
const CHECKS: readonly Check[] = [
  {
    rule: 'SAML Core 3.2: version 2.0, with an ID of bounded length',
    code: 'saml.malformed',
    passes: (root) => attributeOf(root, 'Version') === '2.0' && isId(attributeOf(root, 'ID')),
  },
  {
    rule: 'SAML Profiles 4.4.4: the Issuer is the peer whose keys were asked',
    code: 'saml.wrong_issuer',
    passes: (root, { issuer }) => issuerOf(root) === issuer,
  },
  {
    rule: 'SAML Bindings 3.4.5.2 and 3.5.5.2: a signed message names the address where it is read',
    code: 'saml.wrong_destination',
    passes: (root, { destination }) => attributeOf(root, 'Destination') === destination.href,
  },
  {
    rule: 'SAML Core 3.2.1: issued not long ago, and not in the future',
    code: 'saml.expired',
    passes: (root, expected) => {
      const issued = parseInstant(attributeOf(root, 'IssueInstant') ?? '').getTime();
      const [now, tolerance] = [expected.now.getTime(), toleranceOf(expected)];
      return issued <= now + tolerance && issued > now - MAX_AGE_MS - tolerance;
    },
  },
  {
    rule: 'SAML Core 3.7.1: before NotOnOrAfter, if there is one',
    code: 'saml.expired',
    passes: (root, expected) => {
      const end = attributeOf(root, 'NotOnOrAfter');
      return (
        end === undefined || parseInstant(end).getTime() > expected.now.getTime() - toleranceOf(expected)
      );
    },
  },
  {
    rule: 'SAML Core 3.7.1: nothing is encrypted but the one name of a request, in its place',
    code: 'saml.malformed',
    passes: (root) => {
      const [encrypted, ...more] = anywhereNamed(root.ownerDocument, 'EncryptedID');
      if (!encrypted) return anywhereNamed(root.ownerDocument, 'EncryptedData').length === 0;
      const isName = childrenNamed(root, SAML, 'EncryptedID')[0] === encrypted;
      return isName && more.length === 0 && isNamed(root, SAMLP, 'LogoutRequest');
    },
  },
];

/**
 * Reads a logout message and believes it only if every rule of R8.2 holds: signed by a key of this very peer with
 * an allowed algorithm, from it, to us, now, once; a response only to a request of ours that is open.
 *
 * Ending sessions is the caller's part: only those of this peer, with this name and these indexes.
 *
 * @throws SamlError; whatever `spendOnce` and `closeRequest` throw.
 */
export async function readLogoutMessage(
  message: ReceivedMessage,
  expected: LogoutExpectations,
): Promise<LogoutRequest | LogoutResponse> {
  const root = verifiedRoot(message, expected.keys);
  const isRequest = isNamed(root, SAMLP, 'LogoutRequest');
  if (!isRequest && !isNamed(root, SAMLP, 'LogoutResponse')) throw malformed('this is no logout message');
  if (isRequest !== (message.parameter === 'SAMLRequest')) {
    throw malformed('the message came in the wrong parameter');
  }
  const broken = CHECKS.find((check) => !check.passes(root, expected));
  if (broken) throw new SamlError(broken.code, broken.rule);
  const relayState = message.relayState === undefined ? {} : { relayState: message.relayState };
  if (!isRequest) return { ...(await readResponse(root, expected)), ...relayState };
  return { ...(await readRequest(root, expected)), ...relayState };
}

async function readRequest(root: Element, expected: LogoutExpectations): Promise<LogoutRequest> {
  const nameId = await nameIdOf(root, expected);
  if (!nameId) throw malformed('a logout request names nobody');
  const indexes = childrenNamed(root, SAMLP, 'SessionIndex').map((element) => plainText(element) ?? '');
  if (indexes.length > MAX_SESSION_INDEXES || indexes.some((index) => index === '' || index.length > 512)) {
    throw malformed('the list of session indexes is not readable');
  }
  const id = attributeOf(root, 'ID') ?? '';
  const until = addMs(expected.now, MAX_AGE_MS + 2 * MAX_TOLERANCE_MS);
  if (!(await expected.spendOnce(id, until))) {
    throw new SamlError('saml.replayed', 'a request with this id was taken before');
  }
  return { kind: 'request', id, nameId, sessionIndexes: indexes };
}

/**
 * A name that is encrypted is read as one in clear is. It is decrypted last: only for a message that its sender signed,
 * so that nobody else can have us try.
 */
async function nameIdOf(root: Element, { decryption }: LogoutExpectations): Promise<NameId | undefined> {
  const [encrypted] = childrenNamed(root, SAML, 'EncryptedID');
  if (!encrypted) return readNameId(root);
  if (childrenNamed(root, SAML, 'NameID').length > 0) throw malformed('a logout request names two');
  if (!decryption) throw malformed('we publish no key to encrypt a name for');
  const plain = await decryptElement(encrypted, await decryption());
  const name = parseMessage(plain, REQUEST_LIMITS).document.documentElement;
  if (isNamed(name, SAML, 'NameID')) return nameIdIn(name);
  throw malformed('what was encrypted is no name');
}

async function readResponse(root: Element, expected: LogoutExpectations): Promise<LogoutResponse> {
  const codes = readStatusCodes(root);
  if (codes.length === 0) throw malformed('the response has no status');
  const inResponseTo = attributeOf(root, 'InResponseTo');
  if (inResponseTo === undefined || !(await expected.closeRequest(inResponseTo))) {
    throw new SamlError('saml.unexpected_answer', 'it answers no open request to this peer');
  }
  const isPartial = codes.includes('PartialLogout');
  const status = isPartial ? 'partial' : codes[0] === 'Success' ? 'success' : 'failed';
  return { kind: 'response', inResponseTo, status, codes };
}

const KNOWN_STATUS = /^[A-Za-z]{1,40}$/;

/** SAML Core 3.2.2.2: a status code, and maybe others inside it; `unknown` for words that are not SAML's. */
export function readStatusCodes(response: Element): string[] {
  const [status, ...more] = childrenNamed(response, SAMLP, 'Status');
  const names: string[] = [];
  let [code] = status && more.length === 0 ? childrenNamed(status, SAMLP, 'StatusCode') : [];
  while (code && names.length < 4) {
    const value = attributeOf(code, 'Value') ?? '';
    const name = value.startsWith(STATUS) ? value.slice(STATUS.length) : '';
    names.push(KNOWN_STATUS.test(name) ? name : 'unknown');
    [code] = childrenNamed(code, SAMLP, 'StatusCode');
  }
  return names;
}

function isId(id: string | undefined): boolean {
  return id !== undefined && id !== '' && id.length <= 256;
}

function toleranceOf({ toleranceMs = MINUTE }: LogoutExpectations): number {
  return Math.min(Math.max(0, toleranceMs), MAX_TOLERANCE_MS);
}

function malformed(why: string): SamlError {
  return new SamlError('saml.malformed', why);
}
