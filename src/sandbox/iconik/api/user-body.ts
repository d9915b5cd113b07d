import { z } from 'zod';
import { USER_STATUSES, USER_TYPES } from '../model.ts';
import type { Iconik } from '../server.ts';
import { Id, type ReadBody, readBody } from './body.ts';
import { type Answer, type ApiCall, errors } from './call.ts';

const Mail = z.email('Not a valid email address');
const Text = z.string('Not a valid text');

/** What can be written of a user. Memberships have other names in domains with teams. */
const UserBody = z
  .object({
    email: Mail,
    first_name: Text.min(1, 'Must not be empty'),
    last_name: Text,
    phone: Text,
    description: Text,
    hide_email: z.boolean(),
    hide_phone: z.boolean(),
    type: z.enum(USER_TYPES, `Must be one of: ${USER_TYPES.join(', ')}`),
    status: z.enum(USER_STATUSES, `Must be one of: ${USER_STATUSES.join(', ')}`),
    is_admin: z.boolean(),
    groups: z.array(Id),
    primary_group: Id,
    teams: z.array(Id),
    primary_team: Id,
    role_groups: z.array(Id),
    metadata: z.json().nullable(),
    password: Text.min(8, 'Too short'),
    system_domains: z.array(Id),
  })
  .partial();
const NewUserBody = UserBody.required({ email: true, first_name: true, type: true });
const StrictPatch = UserBody.required({ first_name: true, type: true });

const READ_ONLY = (
  'id identity_provider_id system_metadata system_domain_id system_name is_super_admin is_super_admin_light photo ' +
  'photo_big photo_small date_created date_modified last_successful_auth last_unsuccessful_auth last_web_login ' +
  'password_changed date_checklist_completed date_first_uploaded date_terms_accepted date_welcomed ' +
  'email_marketing_consent onboarding_goal'
).split(' ');

/** What a body wants of a user, whatever the domain calls memberships. */
export type WantedUser = Omit<z.infer<typeof UserBody>, 'teams' | 'primary_team' | 'system_domains'>;

export function readNewUser(
  call: ApiCall,
): ReadBody<WantedUser & { email: string; first_name: string; type: WantedType }> {
  const read = readBody(call, NewUserBody, READ_ONLY);
  return read.outcome === 'refused' ? read : renamed(call.iconik, read.value);
}
type WantedType = (typeof USER_TYPES)[number];

export function readUserChange(call: ApiCall): ReadBody<WantedUser> {
  const isStrict = call.iconik.switches.positions.patchNeeds === 'first-name-and-type';
  const read = readBody(call, isStrict ? StrictPatch : UserBody, READ_ONLY);
  return read.outcome === 'refused' ? read : renamed(call.iconik, read.value);
}

/** One name for memberships inside. A name of the other model is a field that nobody knows. */
function renamed<T extends z.infer<typeof UserBody>>(iconik: Iconik, value: T): ReadBody<T> {
  const { teams, primary_team, groups, primary_group, role_groups, ...rest } = value;
  const { accessModel, teamFields, teamWrites } = iconik.switches.positions;
  const hasTeams = accessModel === 'teams';
  const isRenamed = hasTeams && teamFields === 'teams';
  const [members, primary] = isRenamed ? [teams, primary_team] : [groups, primary_group];
  const writesTeams = members !== undefined || primary !== undefined || role_groups !== undefined;
  if (hasTeams && teamWrites === 'none' && writesTeams)
    return { outcome: 'refused', answer: READ_ONLY_TEAMS };
  const kept = {
    ...rest,
    ...(members !== undefined && { groups: members }),
    ...(primary !== undefined && { primary_group: primary }),
    ...(hasTeams && role_groups !== undefined && { role_groups }),
  };
  return { outcome: 'read', value: kept as T };
}

const READ_ONLY_TEAMS: Answer = errors(403, 'Teams cannot be changed over the API');
