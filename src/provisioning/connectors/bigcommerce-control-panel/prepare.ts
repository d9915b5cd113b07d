import { z } from 'zod';
import type { Problem } from '../../../base/index.ts';
import type { ControlPanelTarget } from './config.ts';
import { askedPermissions, missingTemplates, type Panel } from './roles.ts';
import type { AccountSnapshot } from './snapshot.ts';

/** What is known of the account itself. Not personal. */
export const AccountFacts = z.object({ stores: z.record(z.string(), z.string()) });
export type AccountFacts = z.infer<typeof AccountFacts>;

/** What the configuration and the account do not agree on. */
export function problemsOf(
  settings: ControlPanelTarget,
  panels: readonly Panel[],
  snapshot: AccountSnapshot,
): readonly Problem[] {
  const stores = panels
    .filter(({ storeHash }) => snapshot.stores[storeHash] === undefined)
    .map(({ relyingParty, storeHash }) => ({
      path: `relyingParties.${relyingParty}.storeHash`,
      message: `the account shows no store ${storeHash}; correct the hash, or use a token of the account that has it`,
    }));
  const templates = missingTemplates(settings, panels).map(({ template, relyingParty, role }) => ({
    path: `templates.${template}`,
    message: `missing, and the role ${role} of ${relyingParty} stands for it; add it here`,
  }));
  return [...stores, ...templates, ...unknownPermissions(settings, panels, snapshot)];
}

/** Owners hold every permission there is, so one that nobody holds is most likely misspelt. */
function unknownPermissions(
  settings: ControlPanelTarget,
  panels: readonly Panel[],
  { users }: AccountSnapshot,
): readonly Problem[] {
  const seen = new Set(users.flatMap(({ stores }) => stores.flatMap(({ permissions }) => permissions)));
  const unseen = askedPermissions(settings, panels).filter((code) => !seen.has(code));
  return unseen.map((code) => ({
    path: 'templates',
    message: `a role asks for ${code}, which nobody in the account holds, not even an owner; look at its spelling`,
  }));
}
