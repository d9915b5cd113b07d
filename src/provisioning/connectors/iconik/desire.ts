import type { Json } from '../../../base/index.ts';
import type { Person } from '../../../model/index.ts';
import type { AccountImage } from '../../connector/account-image.ts';
import type { Access, Desired } from '../../connector/connector.ts';
import { tidy } from '../../connector/person-values.ts';
import type { ProvisioningRefusal } from '../../errors.ts';
import { type IconikTarget, membersOf, type RoleMeaning } from './config.ts';
import { type DeclaredRole, type NamedByRoles, projectMembers } from './roles.ts';

const MAX_NAME = 100;

type Refusal = Extract<Desired, { outcome: 'refused' }>;
const refuse = (code: ProvisioningRefusal, detail: string): Refusal => ({ outcome: 'refused', code, detail });

/** What the user of this person should look like with these accesses. Pure. */
export function desiredUser(
  settings: IconikTarget,
  declared: readonly DeclaredRole[],
  named: NamedByRoles,
  person: Person,
  accesses: readonly Access[],
): Desired {
  const held = heldRoles(declared, accesses);
  if ('outcome' in held) return held;
  const mail = tidy(person.mail);
  if (mail === '') return refuse('provisioning.mail_missing', 'the person has no mail address');
  if (!isMail(mail)) return refuse('provisioning.mail_invalid', 'iconik takes no such mail address');
  const { identityProvider } = settings;
  const image: Record<string, Json> = {
    ...{ mail, ...namesOf(person), person: person.id, status: 'ACTIVE' },
    ...memberships(held.meanings, named),
    ...(identityProvider?.bindUsers && { signOn: identityProvider.name }),
    ...(named.hasOutsiders && outsiderMarks(held)),
  };
  return { outcome: 'desired', image, problems: [] };
}

type Held = { readonly meanings: readonly RoleMeaning[]; readonly outsideEnds: readonly Date[] };

/** Meanings in order of precedence. Every access must mean something here (R4.5). */
function heldRoles(declared: readonly DeclaredRole[], accesses: readonly Access[]): Held | Refusal {
  if (accesses.length === 0) return refuse('provisioning.no_access', 'no relying party may be entered');
  const meanings: RoleMeaning[] = [];
  const outsideEnds: Date[] = [];
  const isHeld = (role: DeclaredRole, { relyingParty, role: id }: Access): boolean =>
    role.relyingParty === relyingParty && role.id === id;
  for (const access of accesses) {
    const role = declared.find((each) => isHeld(each, access));
    if (!role?.meaning) {
      const detail = `the role ${access.role} of ${access.relyingParty} does not say what it stands for in iconik`;
      return refuse('provisioning.role_unmapped', detail);
    }
    if (!role.meaning.external) continue;
    // Outside collaborators come for a contract, and a contract ends (S34).
    if (!access.ends) {
      return refuse(
        'provisioning.end_missing',
        `the role ${access.role} is for people from outside and has no end`,
      );
    }
    outsideEnds.push(access.ends);
  }
  for (const role of declared) {
    if (role.meaning && accesses.some((access) => isHeld(role, access))) meanings.push(role.meaning);
  }
  return { meanings, outsideEnds };
}

/** One type and one primary group: the first role decides; everything else adds up. */
function memberships(meanings: readonly RoleMeaning[], named: NamedByRoles): AccountImage {
  const [first] = meanings;
  const members = [...new Set(meanings.flatMap(membersOf))];
  const primary = first?.primaryGroup ?? (first && membersOf(first)[0]) ?? '';
  const unique = (names: readonly string[]): string[] => [...new Set(names)].sort();
  const projects = meanings.flatMap((meaning) => meaning.projects.filter(({ group }) => group === undefined));
  return {
    type: first?.type ?? '',
    primaryGroup: primary,
    groups: members.filter((name) => name !== primary).sort(),
    ...(named.roleGroups.length > 0 && {
      roleGroups: unique(meanings.flatMap(({ roleGroups }) => roleGroups)),
    }),
    ...(named.personalProjects.length > 0 && { projects: [...projectMembers(projects)] }),
  };
}

/** People who hold any role for outsiders are marked; the mark carries the last end of these. */
function outsiderMarks({ outsideEnds }: Held): AccountImage {
  const last = Math.max(...outsideEnds.map((end) => end.getTime()));
  const until = outsideEnds.length > 0 ? new Date(last).toISOString() : '';
  return { external: outsideEnds.length > 0 ? 'yes' : '', until };
}

/** iconik requires a first name and can do without a last one. */
function namesOf(person: Person): { readonly firstName: string; readonly lastName: string } {
  const words = tidy(person.displayName).split(' ').filter(Boolean);
  const given = tidy(person.givenName) || words.slice(0, Math.max(1, words.length - 1)).join(' ');
  const family = tidy(person.familyName) || (words.length > 1 ? (words.at(-1) ?? '') : '');
  const local = tidy(person.mail).split('@')[0] ?? '';
  return { firstName: cut(given || tidy(person.login) || local), lastName: cut(family) };
}

function cut(text: string): string {
  return text.slice(0, MAX_NAME).toWellFormed().trim();
}

/** One that can also be a filter: lists of addresses are separated by commas. */
function isMail(mail: string): boolean {
  return mail.length <= 250 && /^[^\s@,;<>"]+@[^\s@,;<>".]+(?:\.[^\s@,;<>".]+)+$/.test(mail);
}
