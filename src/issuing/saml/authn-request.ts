import { UNSPECIFIED_CONTEXT } from '../../model/index.ts';
import { parseInstant, readNameId, SAML, SAMLP, SamlError } from '../../saml/index.ts';
import { attributeOf, childrenNamed, onlyChildNamed, plainText } from '../../xml/index.ts';
import { isComparison, type RequestedContext } from '../authn-context.ts';

/** What an AuthnRequest says (SAML Core 3.4.1). Read only: nothing here judges it. */
export type AuthnRequest = {
  readonly id: string;
  readonly version: string;
  readonly issuedAt: Date;
  readonly destination?: string;
  readonly consumerUrl?: string;
  readonly consumerIndex?: string;
  readonly protocolBinding?: string;
  readonly force: boolean;
  readonly passive: boolean;
  readonly hasSubject: boolean;
  readonly nameIdFormat?: string;
  readonly spNameQualifier?: string;
  /** `unreadable`: asks in a way that cannot be judged, such as by declarations. */
  readonly context?: RequestedContext | 'unreadable';
};

/**
 * Scoping, Conditions and Extensions are ignored, as SAML lets an identity provider do.
 *
 * @throws SamlError `saml.malformed` for what cannot be read in one way only.
 */
export function readAuthnRequest(root: Element): AuthnRequest {
  const policy = atMostOne(root, SAMLP, 'NameIDPolicy');
  const context = atMostOne(root, SAMLP, 'RequestedAuthnContext');
  const optional = {
    destination: attributeOf(root, 'Destination'),
    consumerUrl: attributeOf(root, 'AssertionConsumerServiceURL'),
    consumerIndex: attributeOf(root, 'AssertionConsumerServiceIndex'),
    protocolBinding: attributeOf(root, 'ProtocolBinding'),
    nameIdFormat: policy && attributeOf(policy, 'Format'),
    spNameQualifier: policy && attributeOf(policy, 'SPNameQualifier'),
    context: context && readContext(context),
  };
  return {
    id: attributeOf(root, 'ID') ?? '',
    version: attributeOf(root, 'Version') ?? '',
    issuedAt: parseInstant(attributeOf(root, 'IssueInstant') ?? ''),
    force: readBoolean(root, 'ForceAuthn'),
    passive: readBoolean(root, 'IsPassive'),
    hasSubject: childrenNamed(root, SAML, 'Subject').length > 0 || readNameId(root) !== undefined,
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined),
    ) as Partial<AuthnRequest>),
  };
}

/**
 * @returns undefined when any way will do: `unspecified` is among those of which one is enough. Many send it when
 *   they have no wish, and Shibboleth's identity provider passes over it too.
 */
function readContext(element: Element): RequestedContext | 'unreadable' | undefined {
  const comparison = attributeOf(element, 'Comparison') ?? 'exact';
  const classes = childrenNamed(element, SAML, 'AuthnContextClassRef').map((name) => plainText(name) ?? '');
  const byDeclaration = childrenNamed(element, SAML, 'AuthnContextDeclRef').length > 0;
  const isReadable = isComparison(comparison) && !byDeclaration && classes.length <= 20;
  if (!isReadable || classes.some((name) => name === '' || name.length > 500)) return 'unreadable';
  const anyWillDo = comparison === 'exact' || comparison === 'minimum';
  if (anyWillDo && classes.includes(UNSPECIFIED_CONTEXT)) return undefined;
  return { comparison, classes };
}

/** xs:boolean */
function readBoolean(element: Element, name: string): boolean {
  const text = attributeOf(element, name)?.trim();
  if (text === undefined || text === 'false' || text === '0') return false;
  if (text === 'true' || text === '1') return true;
  throw new SamlError('saml.malformed', `${name} is neither true nor false`);
}

function atMostOne(root: Element, namespace: string, name: string): Element | undefined {
  if (childrenNamed(root, namespace, name).length > 1) {
    throw new SamlError('saml.malformed', `${name} stands twice in the request`);
  }
  return onlyChildNamed(root, namespace, name);
}
