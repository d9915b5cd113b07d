const CLASSES = 'urn:oasis:names:tc:SAML:2.0:ac:classes:';

/** SAML Authn Context 3.4.25: nothing is said about the way. */
export const UNSPECIFIED_CONTEXT = `${CLASSES}unspecified`;

/**
 * From weak to strong, for comparisons; those in one line are equal. A class that is not here cannot be compared,
 * only be equal (SAML Core 3.3.2.2.1 leaves the order to us).
 */
const ORDER: readonly (readonly string[])[] = [
  [UNSPECIFIED_CONTEXT],
  [`${CLASSES}PreviousSession`, `${CLASSES}InternetProtocol`],
  [`${CLASSES}Password`, `${CLASSES}InternetProtocolPassword`],
  [`${CLASSES}PasswordProtectedTransport`, `${CLASSES}SecureRemotePassword`, `${CLASSES}Kerberos`],
  [
    `${CLASSES}MobileOneFactorUnregistered`,
    `${CLASSES}MobileOneFactorContract`,
    `${CLASSES}SoftwarePKI`,
    `${CLASSES}X509`,
    `${CLASSES}TLSClient`,
  ],
  [
    `${CLASSES}MobileTwoFactorUnregistered`,
    `${CLASSES}MobileTwoFactorContract`,
    `${CLASSES}TimeSyncToken`,
    'https://refeds.org/profile/mfa',
  ],
  [`${CLASSES}Smartcard`, `${CLASSES}SmartcardPKI`],
];

const COMPARISONS = ['exact', 'minimum', 'maximum', 'better'] as const;
type Comparison = (typeof COMPARISONS)[number];

/** How a relying party wants people to have signed in: SAML class references, or values of OpenID Connect's `acr`. */
export type RequestedContext = {
  readonly comparison: Comparison;
  readonly classes: readonly string[];
};

export function isComparison(text: string): text is Comparison {
  return (COMPARISONS as readonly string[]).includes(text);
}

/** Can such a demand be judged at all? One that cannot is refused before anybody signs in. */
export function isComparable({ comparison, classes }: RequestedContext): boolean {
  if (classes.length === 0) return false;
  return comparison === 'exact' || classes.every((name) => rankOf(name) >= 0);
}

/** Does the way in which the person signed in satisfy the demand (SAML Core 3.3.2.2.1)? */
export function satisfies(actual: string | undefined, { comparison, classes }: RequestedContext): boolean {
  const context = actual ?? UNSPECIFIED_CONTEXT;
  if (comparison === 'exact') return classes.includes(context);
  const rank = rankOf(context);
  const ranks = classes.map(rankOf);
  if (rank < 0 || ranks.length === 0 || ranks.includes(-1)) return false;
  if (comparison === 'minimum') return rank >= Math.min(...ranks);
  if (comparison === 'maximum') return rank <= Math.max(...ranks);
  return rank > Math.max(...ranks);
}

function rankOf(name: string): number {
  return ORDER.findIndex((equals) => equals.includes(name));
}
