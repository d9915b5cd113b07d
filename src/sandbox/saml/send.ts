import type { ServerResponse } from 'node:http';
import { deflateRawSync } from 'node:zlib';
import { html, page } from '../html.ts';
import type { Certified } from './certificate.ts';
import { signElement, signQuery } from './signing.ts';

/** A message of ours on its way through the browser. */
export type Outgoing = {
  readonly kind: 'SAMLRequest' | 'SAMLResponse';
  /** ID of the root element. */
  readonly id: string;
  readonly text: string;
  readonly to: { readonly binding: 'redirect' | 'post'; readonly location: string };
  readonly relayState?: string | undefined;
  /** Absent: the message goes unsigned. */
  readonly signedBy?: Certified | undefined;
  /** The product that the page of a POST belongs to. */
  readonly brand: string;
};

/** The address of a message by the Redirect binding (SAML Bindings 3.4). */
export function redirectAddress({ kind, text, to, relayState, signedBy }: Outgoing): string {
  const packed = encodeURIComponent(deflateRawSync(Buffer.from(text)).toString('base64'));
  const relay = relayState === undefined ? '' : `&RelayState=${encodeURIComponent(relayState)}`;
  const query = `${kind}=${packed}${relay}`;
  const separator = to.location.includes('?') ? '&' : '?';
  return `${to.location}${separator}${signedBy ? signQuery(query, signedBy) : query}`;
}

/** Redirects, or sends the page whose form posts itself; its button works without script. */
export function sendMessage(res: ServerResponse, message: Outgoing): void {
  if (message.to.binding === 'redirect') {
    res.writeHead(302, { location: redirectAddress(message), 'cache-control': 'no-store' }).end();
    return;
  }
  const { kind, id, text, signedBy, relayState } = message;
  const value = Buffer.from(signedBy ? signElement(text, id, signedBy) : text).toString('base64');
  res.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  res.end(
    page({
      title: 'One moment',
      brand: message.brand,
      script: '/-/auto-post.js',
      body: html`<form method="post" action="${message.to.location}">
<input type="hidden" name="${kind}" value="${value}">
${relayState !== undefined && html`<input type="hidden" name="RelayState" value="${relayState}">`}
<p>If nothing happens, press the button.</p><button type="submit">Continue</button>
</form>`,
    }),
  );
}
