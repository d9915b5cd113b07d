import { addMs, MINUTE } from '../../base/index.ts';
import type { Issuer } from '../issuer.ts';
import { type ControlPanelAccess, controlPanelUrl } from './config.ts';

/** A guarded link: nothing is issued, and nothing that was issued can be taken back (R3.4). */
export function createControlPanelIssuer(): Issuer {
  return {
    accepts: () => false,
    async issue({ relyingParty, now, thread }) {
      const location = controlPanelUrl(relyingParty.access as ControlPanelAccess);
      return {
        artefact: 'link',
        artefactId: thread,
        answer: { kind: 'redirect', location, carriesCredential: false },
        expires: addMs(now, MINUTE),
      };
    },
  };
}
