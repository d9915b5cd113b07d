import { z } from 'zod';

/** Bodies of the API, parsed at the border: only the fields that we use. */

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const ids = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? undefined);
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);

/** Dates carry no zone and microseconds; UTC is meant. A date that cannot be read is none. */
export const IconikDate = z
  .string()
  .nullish()
  .transform((value) => parseIconikDate(value ?? ''));

export function parseIconikDate(value: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value)) return undefined;
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/.test(value);
  const date = new Date(hasZone ? value : `${value.replace(/(\.\d{3})\d+$/, '$1')}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

export const User = z.object({
  id: z.string().min(1),
  email: text,
  first_name: text,
  last_name: text,
  type: text,
  status: text,
  is_admin: flag,
  is_super_admin: flag,
  is_super_admin_light: flag,
  /** Domains with groups; in domains with teams the same memberships have another name. */
  groups: ids,
  primary_group: z.string().nullish(),
  teams: ids,
  primary_team: z.string().nullish(),
  role_groups: ids,
  identity_provider_id: z.string().nullish(),
  /** Free form: ours and anybody's. */
  metadata: z.unknown().optional(),
  system_domain_id: z.string().nullish(),
  last_web_login: IconikDate,
  last_successful_auth: IconikDate,
  date_created: IconikDate,
  date_modified: IconikDate,
});
export type User = z.infer<typeof User>;

/** Pages by number. Public descriptions promise all of these; only the entries are leaned on. */
export function pageOf<T extends z.ZodType>(entry: T) {
  return z.object({
    objects: z.array(entry),
    pages: z.int().nullish(),
    total: z.int().nullish(),
    next_url: z.string().nullish(),
  });
}
export type Page<T> = {
  readonly objects: readonly T[];
  readonly pages?: number | null | undefined;
  readonly total?: number | null | undefined;
  readonly next_url?: string | null | undefined;
};

/** A group, a team or a role group. */
export const Group = z.object({ id: z.string().min(1), name: text, external_id: z.string().nullish() });
export type Group = z.infer<typeof Group>;

export const Collection = z.object({
  id: z.string().min(1),
  title: text,
  external_id: z.string().nullish(),
  status: text,
});
export type Collection = z.infer<typeof Collection>;

export const Roles = z.object({ objects: z.array(z.string()) });
export const Token = z.object({
  id: text,
  user_id: text,
  app_id: text,
  expires: IconikDate,
  system_domain_status: text,
});
export const Mapping = z.object({ name: z.string(), group_id: z.string() });
export const Acl = z.object({ permissions: z.array(z.string()) });

const Settings = z.record(z.string(), z.unknown());
export const ConvertedMetadata = z.object({ settings: Settings });
export const IdentityProvider = z.object({
  id: z.string().min(1),
  public_id: text,
  type: text,
  settings: Settings.nullish().transform((value) => value ?? {}),
  verbose_logging: flag,
});
export type IdentityProvider = z.infer<typeof IdentityProvider>;
export const SignInUrl = z.object({ url: text });

export const Share = z.object({
  id: text,
  title: text,
  object_title: text,
  owner_id: text,
  expires: IconikDate,
  users: z
    .array(z.object({ email: text }))
    .nullish()
    .transform((value) => value ?? []),
});
export type Share = z.infer<typeof Share>;

export const Nothing = z.unknown();

/** Either a list of texts or texts by field. They may quote addresses, so they are never logged. */
export const ErrorBody = z.object({
  errors: z.union([z.array(z.unknown()), z.record(z.string(), z.unknown()), z.string()]),
});

export const OAuthToken = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().positive().optional(),
});
