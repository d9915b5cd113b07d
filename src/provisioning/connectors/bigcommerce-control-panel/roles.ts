import { z } from 'zod';
import type { Access, TargetParty } from '../../connector/connector.ts';
import { type ControlPanelTarget, RoleMeaning } from './config.ts';

/** Of a relying party, all that matters here: whose control panel it is. */
const PanelOfStore = z.object({ storeHash: z.string().min(1) });

/** One way into the control panel of one store. */
export type Panel = {
  readonly relyingParty: string;
  readonly storeHash: string;
  /** In order of precedence. */
  readonly roles: readonly { readonly id: string; readonly meaning: RoleMeaning | undefined }[];
};

export function panelsOf(parties: readonly TargetParty[]): readonly Panel[] {
  return parties.flatMap(({ id, access, roles }) => {
    const panel = PanelOfStore.safeParse(access);
    if (!panel.success) return [];
    const meant = roles.map((role) => ({ id: role.id, meaning: RoleMeaning.safeParse(role.account).data }));
    return [{ relyingParty: id, storeHash: panel.data.storeHash, roles: meant }];
  });
}

/** Stores whose users we manage. */
export function storesOf(panels: readonly Panel[]): readonly string[] {
  return [...new Set(panels.map(({ storeHash }) => storeHash))].sort();
}

export type HeldRoles =
  | {
      readonly outcome: 'held';
      /** Store hash → what each role that is held there asks for, in order; undefined where people decide. */
      readonly stores: ReadonlyMap<string, readonly (readonly string[] | undefined)[]>;
    }
  | { readonly outcome: 'unmapped'; readonly detail: string };

/** Every access must mean something here (R4.5). Order is that of the configuration, whatever order accesses have. */
export function heldRoles(
  { templates }: Pick<ControlPanelTarget, 'templates'>,
  panels: readonly Panel[],
  accesses: readonly Access[],
): HeldRoles {
  const isKnown = ({ relyingParty, role }: Access): boolean =>
    panels.some((panel) => panel.relyingParty === relyingParty && panel.roles.some(({ id }) => id === role));
  const unknown = accesses.find((access) => !isKnown(access));
  if (unknown) return unmapped(unknown.relyingParty, unknown.role);
  const stores = new Map<string, (readonly string[] | undefined)[]>();
  for (const { relyingParty, storeHash, roles } of panels) {
    for (const { id, meaning } of roles) {
      if (!accesses.some((access) => access.relyingParty === relyingParty && access.role === id)) continue;
      const template = meaning?.template === undefined ? undefined : templates[meaning.template];
      if (!meaning || (meaning.template !== undefined && !template)) return unmapped(relyingParty, id);
      const asked = meaning.permissions === 'any' ? undefined : (meaning.permissions ?? template);
      stores.set(storeHash, [...(stores.get(storeHash) ?? []), asked]);
    }
  }
  return { outcome: 'held', stores };
}

/**
 * Permissions for somebody with these roles in one store; undefined when people decide there. Roles may contradict
 * each other: then the first in the configuration decides alone, or with `union` all of them add up.
 */
export function combined(
  asked: readonly (readonly string[] | undefined)[],
  combine: ControlPanelTarget['combine'],
): readonly string[] | undefined {
  if (combine === 'first') return asked[0];
  return asked.includes(undefined) ? undefined : [...new Set(asked.flatMap((list) => list ?? []))];
}

/** Names of templates that roles use and the target lacks, with who uses them. */
export function missingTemplates(
  { templates }: Pick<ControlPanelTarget, 'templates'>,
  panels: readonly Panel[],
): readonly { readonly template: string; readonly relyingParty: string; readonly role: string }[] {
  return panels.flatMap(({ relyingParty, roles }) =>
    roles.flatMap(({ id, meaning }) => {
      const template = meaning?.template;
      return template === undefined || templates[template] ? [] : [{ template, relyingParty, role: id }];
    }),
  );
}

/** Every permission that some role asks for. */
export function askedPermissions(
  { templates }: Pick<ControlPanelTarget, 'templates'>,
  panels: readonly Panel[],
): readonly string[] {
  const lists = panels.flatMap(({ roles }) =>
    roles.map(({ meaning }) => {
      if (meaning?.template !== undefined) return templates[meaning.template] ?? [];
      return meaning?.permissions === 'any' ? [] : (meaning?.permissions ?? []);
    }),
  );
  return [...new Set(lists.flat())].sort();
}

function unmapped(relyingParty: string, role: string): HeldRoles {
  const detail = `the role ${role} of ${relyingParty} does not say what it stands for in the control panel`;
  return { outcome: 'unmapped', detail };
}
