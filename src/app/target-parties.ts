import { type ConfiguredTarget, connectors } from '../provisioning/index.ts';
import type { Registry, Target } from '../relying-parties/index.ts';

/** A target with the ways into it, and with what their roles stand for there, in the words of its kind. */
export function withParties({ id, kind, settings }: Target, registry: Registry): ConfiguredTarget {
  const roleConfig = connectors.get(kind)?.roleConfig;
  return {
    ...{ id, kind, settings },
    relyingParties: registry.enteringBy(id).map((party) => ({
      id: party.id,
      access: party.access,
      // Checked with the configuration, by this very schema.
      roles: party.roles.map(({ id: role, account }) => ({
        id: role,
        account: roleConfig?.parse(account ?? {}),
      })),
    })),
  };
}
