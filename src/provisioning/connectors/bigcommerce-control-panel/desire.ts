import type { Json } from '../../../base/index.ts';
import type { Person } from '../../../model/index.ts';
import type { Access, Desired } from '../../connector/connector.ts';
import { tidy } from '../../connector/person-values.ts';
import type { ProvisioningRefusal } from '../../errors.ts';
import type { ControlPanelTarget } from './config.ts';
import { permissionsField } from './membership.ts';
import { combined, heldRoles, type Panel } from './roles.ts';

/** The stores that somebody enters, and what they may do there as far as roles say it. Pure. */
export function desiredUser(
  settings: ControlPanelTarget,
  panels: readonly Panel[],
  person: Person,
  accesses: readonly Access[],
): Desired {
  if (accesses.length === 0) return refuse('provisioning.no_access', 'no relying party may be entered');
  const held = heldRoles(settings, panels, accesses);
  if (held.outcome === 'unmapped') return refuse('provisioning.role_unmapped', held.detail);
  const mail = tidy(person.mail);
  if (mail === '') return refuse('provisioning.mail_missing', 'the person has no mail address');
  if (!isMail(mail)) return refuse('provisioning.mail_invalid', 'BigCommerce takes no such mail address');
  const image: Record<string, Json> = { mail, stores: [...held.stores.keys()].sort() };
  for (const [hash, asked] of held.stores) {
    const permissions = combined(asked, settings.combine);
    if (permissions) image[permissionsField(hash)] = [...new Set(permissions)].sort();
  }
  return { outcome: 'desired', image, problems: [] };
}

function refuse(code: ProvisioningRefusal, detail: string): Desired {
  return { outcome: 'refused', code, detail };
}

function isMail(mail: string): boolean {
  return mail.length <= 255 && /^[^\s@/<>"]+@[^\s@/<>".]+(?:\.[^\s@/<>".]+)+$/.test(mail);
}
