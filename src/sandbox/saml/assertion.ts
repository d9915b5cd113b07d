import { NS } from './names.ts';
import { attributeOf, child, children, textOf } from './xml.ts';

/** What an assertion says (SAML Core 2.3.3). Instants are NaN dates when they cannot be read. */
export type Assertion = {
  readonly id: string;
  readonly issuer: string;
  readonly issued: Date;
  readonly nameId?: { readonly value: string; readonly format: string };
  readonly confirmations: readonly Confirmation[];
  readonly notBefore?: Date;
  readonly notOnOrAfter?: Date;
  /** One list for each AudienceRestriction. */
  readonly audiences: readonly (readonly string[])[];
  /** Absent when nobody says how the person signed in. */
  readonly authn?: {
    readonly classRef: string;
    readonly sessionIndex?: string;
    readonly sessionNotOnOrAfter?: Date;
  };
  /** As they stand: a name may come twice. */
  readonly attributes: readonly { readonly name: string; readonly values: readonly string[] }[];
};

export type Confirmation = {
  readonly method: string;
  readonly recipient?: string;
  readonly inResponseTo?: string;
  readonly notBefore?: Date;
  readonly notOnOrAfter?: Date;
};

/** Absent attributes leave no key behind. */
type Optional<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
function given<T extends Record<string, unknown>>(fields: T): Optional<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Optional<T>;
}

function instant(element: Element | undefined, name: string): Date | undefined {
  const text = element && attributeOf(element, name);
  return text === undefined ? undefined : new Date(text);
}

export function readAssertion(root: Element): Assertion {
  const subject = child(root, NS.assertion, 'Subject');
  const conditions = child(root, NS.assertion, 'Conditions');
  const nameId = child(subject, NS.assertion, 'NameID');
  return {
    id: attributeOf(root, 'ID') ?? '',
    issuer: textOf(child(root, NS.assertion, 'Issuer')) ?? '',
    issued: instant(root, 'IssueInstant') ?? new Date(Number.NaN),
    confirmations: subject ? children(subject, NS.assertion, 'SubjectConfirmation').map(confirmation) : [],
    audiences: conditions
      ? children(conditions, NS.assertion, 'AudienceRestriction').map((each) =>
          children(each, NS.assertion, 'Audience').map((audience) => textOf(audience) ?? ''),
        )
      : [],
    attributes: children(root, NS.assertion, 'AttributeStatement').flatMap(readAttributes),
    ...given({
      nameId: nameId && { value: textOf(nameId) ?? '', format: attributeOf(nameId, 'Format') ?? '' },
      notBefore: instant(conditions, 'NotBefore'),
      notOnOrAfter: instant(conditions, 'NotOnOrAfter'),
      authn: readAuthn(child(root, NS.assertion, 'AuthnStatement')),
    }),
  };
}

function confirmation(element: Element): Confirmation {
  const data = child(element, NS.assertion, 'SubjectConfirmationData');
  return {
    method: attributeOf(element, 'Method') ?? '',
    ...given({
      recipient: data && attributeOf(data, 'Recipient'),
      inResponseTo: data && attributeOf(data, 'InResponseTo'),
      notBefore: instant(data, 'NotBefore'),
      notOnOrAfter: instant(data, 'NotOnOrAfter'),
    }),
  };
}

function readAuthn(statement: Element | undefined): Assertion['authn'] {
  if (!statement) return undefined;
  const context = child(statement, NS.assertion, 'AuthnContext');
  return {
    classRef: textOf(child(context, NS.assertion, 'AuthnContextClassRef')) ?? '',
    ...given({
      sessionIndex: attributeOf(statement, 'SessionIndex'),
      sessionNotOnOrAfter: instant(statement, 'SessionNotOnOrAfter'),
    }),
  };
}

function readAttributes(statement: Element): Assertion['attributes'] {
  return children(statement, NS.assertion, 'Attribute').map((attribute) => ({
    name: attributeOf(attribute, 'Name') ?? '',
    values: children(attribute, NS.assertion, 'AttributeValue').map((value) => textOf(value) ?? ''),
  }));
}

/** Values of the first attribute that has one of these names; undefined when none is there. */
export function attributeValues(
  assertion: Assertion,
  names: readonly string[],
): readonly string[] | undefined {
  return assertion.attributes.find(({ name }) => names.includes(name))?.values;
}
