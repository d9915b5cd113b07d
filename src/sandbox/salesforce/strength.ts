import { type Assertion, attributeValues } from '../saml/assertion.ts';
import type { Salesforce } from './server.ts';

/** What an assertion says about how the person proved who they are. */
export type Strength = {
  /** One factor, several, or several of which none can be phished. */
  readonly level: 'weak' | 'strong' | 'phishing-resistant';
  readonly methods: readonly string[];
  readonly classRef: string | null;
};

const AMR_NAMES = ['amr', 'http://schemas.microsoft.com/claims/authnmethodsreferences'];
const STRONG_METHODS = new Set([
  'mfa',
  'swk',
  'fido',
  'wia',
  'hwk',
  'face',
  'fpt',
  'otp',
  'http://schemas.microsoft.com/claims/multipleauthn',
]);
const RESISTANT_METHODS = new Set(['fido', 'hwk', 'phr', 'phrh']);

const CLASS = 'urn:oasis:names:tc:SAML:2.0:ac:classes:';
const STRONG_CLASSES = new Set(
  ['TimeSyncToken', 'MobileTwoFactorContract', 'MobileTwoFactorUnregistered'].map((name) => CLASS + name),
);
const RESISTANT_CLASSES = new Set(
  ['X509', 'Smartcard', 'SmartcardPKI', 'SoftwarePKI'].map((name) => CLASS + name),
);

export function readStrength({ switches }: Salesforce, assertion: Assertion): Strength {
  const { amrAttribute, strongClassRefs } = switches.positions;
  const methods = attributeValues(assertion, AMR_NAMES) ?? [];
  const classRef = assertion.authn?.classRef ?? null;
  const believed = amrAttribute === 'believed' ? methods : [];
  const seen = strongClassRefs === 'believed' && classRef !== null ? classRef : '';
  const level =
    believed.some((method) => RESISTANT_METHODS.has(method)) || RESISTANT_CLASSES.has(seen)
      ? 'phishing-resistant'
      : believed.some((method) => STRONG_METHODS.has(method)) || STRONG_CLASSES.has(seen)
        ? 'strong'
        : 'weak';
  return { level, methods, classRef };
}
