import type { z } from 'zod';
import type { RelyingParty } from '../../relying-parties/index.ts';
import { controlPanelSaml } from '../bigcommerce-control-panel/config.ts';
import { SamlAccess, type SamlSettings } from './config.ts';
import { type IconikAccess, IconikAccess as IconikShape, iconikSettings } from './presets/iconik.ts';
import {
  type SalesforceAccess,
  SalesforceAccess as SalesforceShape,
  salesforceSettings,
} from './presets/salesforce.ts';

/** A kind of relying party that is entered with SAML: its configuration, and the settings that it stands for. */
export type SamlKind = {
  readonly kind: string;
  readonly access: z.ZodObject;
  readonly settingsOf: (access: unknown) => SamlSettings;
};

export const samlKinds: readonly SamlKind[] = [
  { kind: 'saml', access: SamlAccess, settingsOf: (access) => access as SamlSettings },
  {
    kind: 'iconik',
    access: IconikShape,
    settingsOf: (access) => iconikSettings(access as IconikAccess),
  },
  {
    kind: 'salesforce',
    access: SalesforceShape,
    settingsOf: (access) => salesforceSettings(access as SalesforceAccess),
  },
];

/** @returns undefined for a relying party that is not entered with SAML. */
export function samlSettingsOf(party: Pick<RelyingParty, 'kind' | 'access'>): SamlSettings | undefined {
  const known = samlKinds.find(({ kind }) => kind === party.kind);
  return known ? known.settingsOf(party.access) : controlPanelSaml(party);
}

/** Does the NameID of the application come from the mail address? Then addresses open accounts there. */
export function goesByMail(party: Pick<RelyingParty, 'kind' | 'access'>): boolean {
  const { format, value } = samlSettingsOf(party)?.nameId ?? {};
  return value !== undefined && format !== 'transient' && /\bperson\s*\.\s*mail\b/.test(value);
}
