import type { PartyLogout, SamlLogouts } from '../ports.ts';

const RESIDUAL = 'Its own session goes on until it ends by itself, or you sign out there.';

/** How a SAML relying party is asked to end its session: a signed LogoutRequest, through the browser or by SOAP. */
export function samlPartyLogout(relyingParty: string, saml: SamlLogouts): PartyLogout {
  const binding = saml.bindingOf(relyingParty);
  const tell: PartyLogout & { kind: 'back-channel' } = {
    kind: 'back-channel',
    residual: RESIDUAL,
    tell: (party) => saml.tell(relyingParty, party),
  };
  const isTold = saml.takesSoap(relyingParty);
  if (!binding) return isTold ? tell : { kind: 'none', residual: RESIDUAL };
  return {
    kind: 'front-channel',
    binding,
    residual: RESIDUAL,
    ask: (party) => saml.ask(relyingParty, party),
    ...(isTold && { tell: tell.tell }),
  };
}
