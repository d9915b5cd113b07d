import type { Clock } from '../../base/index.ts';
import type { Keys } from '../../platform/keys/index.ts';
import { newMessageId, signElement } from '../../saml/index.ts';
import type { Answer, Refusal } from '../issuer.ts';
import { writeResponse } from './response.ts';
import { activeKey } from './signing.ts';

/** Status codes of an answer without assertion, outermost first (SAML Core 3.2.2.2). */
export const REFUSAL_STATUS: Readonly<Record<Refusal, readonly string[]>> = {
  'login-required': ['Responder', 'NoPassive'],
  denied: ['Responder', 'RequestDenied'],
  'authn-context': ['Responder', 'NoAuthnContext'],
  cancelled: ['Responder', 'AuthnFailed'],
  unavailable: ['Responder'],
};

export type ToBeAnswered = {
  readonly consumerUrl: string;
  readonly requestId: string;
  readonly relayState?: string | undefined;
};

export type RefusalNeeds = {
  readonly entityId: string;
  readonly keys: Pick<Keys, 'issuingKeys'>;
  readonly clock: Clock;
};

/** A signed response that says no (SAML Profiles 4.1.4.2: it holds no assertion). */
export async function refusalAnswer(
  request: ToBeAnswered,
  status: readonly string[],
  { entityId, keys, clock }: RefusalNeeds,
  message?: string,
): Promise<Answer> {
  const response = writeResponse({
    id: newMessageId(),
    issuer: entityId,
    now: clock.now(),
    destination: request.consumerUrl,
    inResponseTo: request.requestId,
    status,
    ...(message !== undefined && { message }),
  });
  return formAnswer(request, await signElement(response, await activeKey(keys)));
}

/** SAML Bindings 3.5: a form that posts itself, RelayState as it came. */
export function formAnswer(
  { consumerUrl, relayState }: Pick<ToBeAnswered, 'consumerUrl' | 'relayState'>,
  xml: string,
): Answer {
  return {
    kind: 'form',
    action: new URL(consumerUrl),
    fields: {
      SAMLResponse: Buffer.from(xml, 'utf8').toString('base64'),
      ...(relayState !== undefined && { RelayState: relayState }),
    },
  };
}
