import { z } from 'zod';
import { FederationError, type RefusalCode } from '../errors.ts';
import { refused } from '../refused.ts';
import type { Received, UpstreamAnswer, UpstreamResult } from '../upstream.ts';
import type { ProviderMetadata } from './discovery.ts';

const MAX_PARAMETER_LENGTH = 4_096;
/** Of all parameters: what an answer needs is a code, a state and an issuer. */
const MAX_ANSWER_LENGTH = 8_192;

const Facts = z.strictObject({ parameters: z.array(z.tuple([z.string(), z.string()])) });

/** Which transaction an authorization response claims to belong to. @throws FederationError */
export function readAnswer(answer: UpstreamAnswer, connection: string): Received {
  const parameters = answer.kind === 'query' ? [...answer.params] : Object.entries(answer.fields);
  if (parameters.some(([name, value]) => name.length + value.length > MAX_PARAMETER_LENGTH)) {
    throw new FederationError('federation.answer_too_large', `${connection}: a parameter is too long`);
  }
  if (parameters.reduce((sum, [name, value]) => sum + name.length + value.length, 0) > MAX_ANSWER_LENGTH) {
    throw new FederationError('federation.answer_too_large', `${connection}: the parameters are too long`);
  }
  const [state, ...more] = parameters.filter(([name]) => name === 'state').map(([, value]) => value);
  // RFC 6749 3.1: parameters must not be repeated; a second one is how two readers come to differ.
  if (new Set(parameters.map(([name]) => name)).size !== parameters.length || more.length > 0) {
    throw new FederationError('federation.answer_malformed', `${connection}: a parameter is repeated`);
  }
  if (!state) throw new FederationError('federation.answer_unsolicited', `${connection}: no state`);
  return { correlation: state, facts: { parameters } };
}

/** The parameters of an answer that was read before. */
export function parametersOf(received: Received): URLSearchParams {
  return new URLSearchParams(Facts.parse(received.facts).parameters);
}

/** RFC 9207 2.4, against mix-up: an `iss` must be the issuer that was asked, and must be there if it is announced. */
export function checkIssParameter(
  parameters: URLSearchParams,
  provider: ProviderMetadata,
  connection: string,
): void {
  const iss = parameters.get('iss');
  if (iss === provider.issuer || (iss === null && !provider.sendsIssParameter)) return;
  throw new FederationError(
    'federation.wrong_issuer',
    `${connection}: the answer's iss is not the issuer asked`,
  );
}

const REFUSAL_OF: Readonly<Record<string, RefusalCode>> = {
  access_denied: 'federation.upstream_denied',
  unmet_authentication_requirements: 'federation.context_refused',
  login_required: 'federation.login_required',
  interaction_required: 'federation.login_required',
  consent_required: 'federation.login_required',
  account_selection_required: 'federation.login_required',
};

/** An answer that says no. */
export function refusedByUpstream(error: string): UpstreamResult {
  // The error text comes from a URL that anyone can write: only known codes are repeated.
  const known = /^[a-z_]{1,40}$/.test(error) ? error : 'unknown error';
  return refused(REFUSAL_OF[error] ?? 'federation.upstream_failed', known);
}
