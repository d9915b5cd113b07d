import type { FrontChannelLogout, NoLogout, SamlLogouts } from '../ports.ts';

const RESIDUAL = 'Its own session goes on until it ends by itself, or you sign out there.';

/** How a SAML relying party is asked to end its session: a signed LogoutRequest through the browser. */
export function samlPartyLogout(relyingParty: string, saml: SamlLogouts): FrontChannelLogout | NoLogout {
  const binding = saml.bindingOf(relyingParty);
  if (!binding) return { kind: 'none', residual: RESIDUAL };
  return {
    kind: 'front-channel',
    binding,
    residual: RESIDUAL,
    ask: (party) => saml.ask(relyingParty, party),
  };
}
