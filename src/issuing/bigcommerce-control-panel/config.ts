import { z } from 'zod';
import { url } from '../../platform/config/index.ts';
import type { KindShape } from '../../relying-parties/index.ts';
import { OidcAccess } from '../oidc/config.ts';
import { SamlAccess, type SamlSettings, samlRole } from '../saml/config.ts';

export const ControlPanelAccess = z
  .strictObject({
    storeHash: z
      .string()
      .regex(/^[a-z0-9]{1,40}$/, 'give the store hash alone, without "stores/"')
      .describe('The store whose control panel it is.'),
    url: url()
      .optional()
      .describe('Where the control panel opens. Default: the address that BigCommerce gives the store.'),
    oidc: OidcAccess.omit({ roles: true })
      .optional()
      .describe('Once BigCommerce takes OpenID Connect for your account: the registration, as of kind oidc.'),
    saml: SamlAccess.omit({ roles: true })
      .optional()
      .describe('Once BigCommerce takes SAML for your account: the settings, as of kind saml.'),
    roles: z.array(samlRole).min(1).describe('Roles in order of precedence.'),
  })
  .refine(({ oidc, saml }) => !oidc || !saml, 'give oidc or saml, not both')
  .meta({ title: 'BigCommerce control panel' });
export type ControlPanelAccess = z.output<typeof ControlPanelAccess>;

const KIND = 'bigcommerce-control-panel';

export const controlPanelKind: KindShape = { kind: KIND, access: ControlPanelAccess };

type Party = { readonly kind: string; readonly access: unknown };

/** @returns undefined for other kinds, and for a control panel that is only linked to. */
export function controlPanelOidc({ kind, access }: Party): OidcAccess | undefined {
  const { oidc, roles } = kind === KIND ? (access as ControlPanelAccess) : { oidc: undefined, roles: [] };
  return (
    oidc && { ...oidc, roles: roles.map(({ id, title }) => ({ id, ...(title !== undefined && { title }) })) }
  );
}

/** @returns undefined for other kinds, and for a control panel that is only linked to. */
export function controlPanelSaml({ kind, access }: Party): SamlSettings | undefined {
  const { saml, roles } = kind === KIND ? (access as ControlPanelAccess) : { saml: undefined, roles: [] };
  return saml && { ...saml, roles: [...roles] };
}

export function controlPanelUrl({ storeHash, url: own }: ControlPanelAccess): URL {
  return own ?? new URL(`https://store-${storeHash}.mybigcommerce.com/manage`);
}
