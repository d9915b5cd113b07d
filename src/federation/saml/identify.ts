import type { Identity } from '../../model/index.ts';
import { PERSISTENT, TRANSIENT } from '../../saml/index.ts';
import { ourName } from '../context-names.ts';
import type { RefusalCode } from '../errors.ts';
import { isPartitionAllowed, mapValues, subjectFrom } from '../mapping.ts';
import { refused } from '../refused.ts';
import type { UpstreamResult } from '../upstream.ts';
import type { SamlSettings } from './settings.ts';
import type { AssertionFacts } from './transaction.ts';

/** Who the person is, by the rules of the connection (R1.2). */
export function identify(facts: AssertionFacts, settings: SamlSettings): UpstreamResult {
  const values = new Map(facts.attributes);
  const subject = subjectOf(facts, values, settings);
  if ('outcome' in subject) return subject;
  if (!isPartitionAllowed(values, settings.partition)) {
    return refused('federation.partition_refused', 'allowedPartitions');
  }
  const identity: Identity = {
    connection: settings.id,
    issuer: facts.issuer,
    subject: subject.value,
    ...mapValues(values, settings.mapping),
    authTime: facts.authnInstant,
    verifiedAt: facts.verifiedAt,
    ...(facts.sessionEnd && { sessionEnd: facts.sessionEnd }),
    ...(facts.contextClass !== undefined && {
      authnContext: ourName(facts.contextClass, settings.contextNames),
    }),
    amr: [],
    upstreamSession: upstreamSession(facts),
  };
  return { outcome: 'identity', identity };
}

/** R1.2: a configured attribute, or a persistent NameID; transient is refused. */
function subjectOf(
  { nameId }: AssertionFacts,
  values: ReadonlyMap<string, readonly string[]>,
  { subject }: SamlSettings,
): { readonly value: string } | Extract<UpstreamResult, { outcome: 'refused' }> {
  if (subject.kind === 'attribute') {
    const name = subject.names.find((candidate) => values.has(candidate));
    const value = name === undefined ? undefined : subjectFrom(values.get(name));
    return value === undefined
      ? refused('federation.subject_missing', `no usable ${subject.names[0]}`)
      : { value };
  }
  if (nameId?.format === TRANSIENT) return refused('federation.subject_transient', 'the NameID is transient');
  const value = nameId?.format === PERSISTENT ? subjectFrom([nameId.value]) : undefined;
  return value === undefined
    ? refused('federation.subject_missing', 'the NameID is not persistent')
    : { value };
}

/** What a later LogoutRequest must name (SAML Core 3.7.1). */
function upstreamSession({ nameId, sessionIndex }: AssertionFacts): Record<string, string> {
  return {
    ...(nameId && { nameId: nameId.value }),
    ...(nameId?.format !== undefined && { nameIdFormat: nameId.format }),
    ...(nameId?.nameQualifier !== undefined && { nameQualifier: nameId.nameQualifier }),
    ...(nameId?.spNameQualifier !== undefined && { spNameQualifier: nameId.spNameQualifier }),
    ...(sessionIndex !== undefined && { sessionIndex }),
  };
}

/** SAML Core 3.2.2.2: second-level codes that mean "no session, and nothing may be shown" or "no". */
const REFUSAL_OF: Readonly<Record<string, RefusalCode>> = {
  NoPassive: 'federation.login_required',
  NoAuthnContext: 'federation.context_refused',
  AuthnFailed: 'federation.upstream_denied',
  RequestDenied: 'federation.upstream_denied',
  UnknownPrincipal: 'federation.upstream_denied',
};

/** An answer without an assertion. */
export function refusedByUpstream(status: readonly string[]): UpstreamResult {
  const code = status.map((name) => REFUSAL_OF[name]).find((known) => known !== undefined);
  return refused(code ?? 'federation.upstream_failed', status.join(' / '));
}
