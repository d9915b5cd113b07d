import { deflateRawSync } from 'node:zlib';
import { type Signable, unsignedText } from './canonical.ts';
import { algorithmOf, type SigningKey, signBytes, signElement } from './sign.ts';

/** A message of ours, not yet signed: how it is depends on the binding. */
export type OutgoingMessage = Signable & { readonly parameter: 'SAMLRequest' | 'SAMLResponse' };

type SendOptions = { readonly key: SigningKey; readonly relayState?: string | undefined };

/**
 * SAML Bindings 3.4.4.1: the message deflated in the query, signed over the octets of the query, in this order and
 * as they are sent.
 */
export async function sendByRedirect(
  message: OutgoingMessage,
  { url, key, relayState }: SendOptions & { readonly url: URL },
): Promise<URL> {
  const deflated = deflateRawSync(Buffer.from(unsignedText(message), 'utf8')).toString('base64');
  const signed = [
    `${message.parameter}=${escapeQuery(deflated)}`,
    ...(relayState === undefined ? [] : [`RelayState=${escapeQuery(relayState)}`]),
    `SigAlg=${escapeQuery(algorithmOf(key))}`,
  ].join('&');
  const signature = await signBytes(Buffer.from(signed, 'ascii'), key);
  const query = `${signed}&Signature=${escapeQuery(signature)}`;
  const target = new URL(url);
  target.search = target.search === '' ? query : `${target.search}&${query}`;
  return target;
}

/** SAML Bindings 3.5.4: the fields of a form that posts itself; the message carries its signature. */
export async function sendByPost(
  message: OutgoingMessage,
  { key, relayState }: SendOptions,
): Promise<Readonly<Record<string, string>>> {
  const signed = await signElement(message, key);
  return {
    [message.parameter]: Buffer.from(signed, 'utf8').toString('base64'),
    ...(relayState !== undefined && { RelayState: relayState }),
  };
}

/** RFC 3986, 2.3. NOTE: URL would encode what encodeURIComponent leaves, and the signature would not fit. */
function escapeQuery(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
