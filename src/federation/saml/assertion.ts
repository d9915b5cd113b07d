import { type NameId, parseInstant, readNameId, SAML } from '../../saml/index.ts';
import {
  attributeOf,
  childElements,
  childrenNamed,
  isNamed,
  onlyChildNamed,
  plainText,
  valueText,
} from '../../xml/index.ts';
import { isIssuer } from './document-checks.ts';

export type Confirmation = {
  readonly method: string;
  readonly recipient?: string;
  readonly inResponseTo?: string;
  readonly notBefore?: Date;
  readonly notOnOrAfter?: Date;
};

export type AuthnStatement = {
  readonly authnInstant: Date;
  readonly sessionIndex?: string;
  readonly sessionNotOnOrAfter?: Date;
  readonly contextClass?: string;
};

/** What a signed assertion says. Read only: nothing here judges it. Instants that cannot be read are invalid Dates. */
export type Assertion = {
  readonly id: string;
  readonly version: string;
  readonly issueInstant: Date;
  readonly hasIssuer: (expected: string) => boolean;
  readonly subjects: number;
  readonly nameId?: NameId;
  readonly confirmations: readonly Confirmation[];
  readonly conditions?: {
    readonly notBefore?: Date;
    readonly notOnOrAfter?: Date;
    /** Each restriction must be satisfied by itself (SAML Core 2.5.1.4). */
    readonly audiences: readonly (readonly string[])[];
    readonly understood: boolean;
  };
  readonly statements: readonly AuthnStatement[];
  readonly attributes: ReadonlyMap<string, readonly string[]>;
};

/** @param element from a document whose every byte was signed. */
export function readAssertion(element: Element): Assertion {
  const subjects = childrenNamed(element, SAML, 'Subject');
  const [subject] = subjects;
  const nameId = subject && readNameId(subject);
  const conditions = readConditions(element);
  return {
    id: attributeOf(element, 'ID') ?? '',
    version: attributeOf(element, 'Version') ?? '',
    issueInstant: parseInstant(attributeOf(element, 'IssueInstant') ?? ''),
    hasIssuer: (expected) => {
      const issuer = onlyChildNamed(element, SAML, 'Issuer');
      return issuer !== undefined && isIssuer(issuer, expected);
    },
    subjects: subjects.length,
    ...(nameId && { nameId }),
    confirmations: subject ? childrenNamed(subject, SAML, 'SubjectConfirmation').map(readConfirmation) : [],
    ...(conditions && { conditions }),
    statements: childrenNamed(element, SAML, 'AuthnStatement').map(readStatement),
    attributes: readAttributes(element),
  };
}

function readConfirmation(element: Element): Confirmation {
  const data = onlyChildNamed(element, SAML, 'SubjectConfirmationData');
  return {
    method: attributeOf(element, 'Method') ?? '',
    ...(data && {
      ...optional('recipient', attributeOf(data, 'Recipient')),
      ...optional('inResponseTo', attributeOf(data, 'InResponseTo')),
      ...optional('notBefore', instantOf(data, 'NotBefore')),
      ...optional('notOnOrAfter', instantOf(data, 'NotOnOrAfter')),
    }),
  };
}

const UNDERSTOOD_CONDITIONS = ['AudienceRestriction', 'OneTimeUse', 'ProxyRestriction'];

function readConditions(element: Element): Assertion['conditions'] {
  const all = childrenNamed(element, SAML, 'Conditions');
  const [conditions] = all;
  if (!conditions) return undefined;
  const restrictions = childrenNamed(conditions, SAML, 'AudienceRestriction');
  return {
    ...optional('notBefore', instantOf(conditions, 'NotBefore')),
    ...optional('notOnOrAfter', instantOf(conditions, 'NotOnOrAfter')),
    audiences: restrictions.map((restriction) =>
      childrenNamed(restriction, SAML, 'Audience').flatMap((audience) => plainText(audience) ?? []),
    ),
    understood:
      all.length === 1 &&
      childElements(conditions).every((child) =>
        UNDERSTOOD_CONDITIONS.some((name) => isNamed(child, SAML, name)),
      ),
  };
}

function readStatement(element: Element): AuthnStatement {
  const context = onlyChildNamed(element, SAML, 'AuthnContext');
  const classReference = context && onlyChildNamed(context, SAML, 'AuthnContextClassRef');
  return {
    authnInstant: parseInstant(attributeOf(element, 'AuthnInstant') ?? ''),
    ...optional('sessionIndex', attributeOf(element, 'SessionIndex')),
    ...optional('sessionNotOnOrAfter', instantOf(element, 'SessionNotOnOrAfter')),
    ...optional('contextClass', classReference && plainText(classReference)),
  };
}

/** By Name alone: FriendlyName is for people (SAML Core 2.7.3.1). A value that is no plain text is an empty one. */
function readAttributes(element: Element): ReadonlyMap<string, readonly string[]> {
  const attributes = new Map<string, string[]>();
  const statements = childrenNamed(element, SAML, 'AttributeStatement');
  for (const attribute of statements.flatMap((statement) => childrenNamed(statement, SAML, 'Attribute'))) {
    const name = attributeOf(attribute, 'Name');
    if (name === undefined) continue;
    const known = attributes.get(name) ?? [];
    // One list for each name: copying it for each of many elements would take quadratic time.
    if (known.length === 0) attributes.set(name, known);
    for (const value of childrenNamed(attribute, SAML, 'AttributeValue')) known.push(valueText(value) ?? '');
  }
  return attributes;
}

function instantOf(element: Element, name: string): Date | undefined {
  const text = attributeOf(element, name);
  return text === undefined ? undefined : parseInstant(text);
}

function optional<K extends string, T>(name: K, value: T | undefined): { [P in K]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { [P in K]?: T };
}
