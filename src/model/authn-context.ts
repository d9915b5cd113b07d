const CLASSES = 'urn:oasis:names:tc:SAML:2.0:ac:classes:';

/** SAML Authn Context 3.4.25: nothing is said about the way. */
export const UNSPECIFIED_CONTEXT = `${CLASSES}unspecified`;

/** OpenID Connect Core 2: less than the lowest level of assurance. */
const BELOW_ALL_LEVELS = '0';

/** From weak to strong; those in one line are equal (SAML Core 3.3.2.2.1 leaves the order to us). */
const ORDER: readonly (readonly string[])[] = [
  [UNSPECIFIED_CONTEXT, BELOW_ALL_LEVELS],
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

/**
 * How strong a way of signing in is, for comparisons: 0 for those that promise nothing.
 *
 * @param name SAML class reference, or value of OpenID Connect's `acr`.
 * @returns undefined for a name that cannot be compared, only be equal.
 */
export function strengthOf(name: string): number | undefined {
  const strength = ORDER.findIndex((equals) => equals.includes(name));
  return strength < 0 ? undefined : strength;
}
