import { z } from 'zod';

/** Answers of the REST API; only what is used. */
export const ApiErrors = z
  .array(
    z.object({
      errorCode: z.string().default('UNKNOWN'),
      message: z.string().default(''),
      fields: z.array(z.string()).nullish(),
    }),
  )
  .min(1);
export type ApiError = z.infer<typeof ApiErrors>[number];

export const OAuthError = z.object({ error: z.string() });

export const TokenAnswer = z.object({
  access_token: z.string().min(1),
  instance_url: z.string().optional(),
  /** Address of the user whom the token is for; ends in the ids of organization and user. */
  id: z.string().optional(),
});

export type TokenAnswer = z.infer<typeof TokenAnswer>;

export const CompositeAnswer = z.object({
  compositeResponse: z.array(
    z.object({ referenceId: z.string(), httpStatusCode: z.int(), body: z.unknown().optional() }),
  ),
});

export const Created = z.object({ id: z.string().min(15) });

/** One page of a query. */
export function queryPage<T extends z.ZodType>(record: T) {
  return z.object({
    totalSize: z.int(),
    done: z.boolean(),
    nextRecordsUrl: z.string().optional(),
    records: z.array(record),
  });
}

const Text = z.string().nullish();
const children = <T extends z.ZodType>(record: T) =>
  z.object({ records: z.array(record), done: z.boolean().optional() }).nullish();

export const AssignmentRecord = z.object({
  Id: z.string(),
  PermissionSetGroupId: Text,
  PermissionSetGroup: z.object({ DeveloperName: z.string() }).nullish(),
  /** With the permissions that make an administrator. */
  PermissionSet: z.looseObject({ Name: z.string(), IsOwnedByProfile: z.boolean() }).nullish(),
  ExpirationDate: Text,
  IsActive: z.boolean().nullish(),
});
export const LicenseRecord = z.object({
  Id: z.string(),
  PermissionSetLicense: z.object({ DeveloperName: z.string() }).nullish(),
});
export const TerritoryRecord = z.object({
  Id: z.string(),
  RoleInTerritory2: Text,
  Territory2: z.object({ DeveloperName: z.string() }).nullish(),
});

/** A user with what hangs on it; fields that were not asked for are absent. */
export const UserRecord = z.looseObject({
  Id: z.string(),
  Username: Text,
  FederationIdentifier: Text,
  Email: Text,
  FirstName: Text,
  LastName: Text,
  Alias: Text,
  IsActive: z.boolean().nullish(),
  LastLoginDate: Text,
  UserType: Text,
  Profile: z.object({ Name: z.string() }).nullish(),
  UserRole: z.object({ DeveloperName: Text }).nullish(),
  Contact: z.object({ Account: z.object({ Name: Text }).nullish() }).nullish(),
  Manager: z.object({ FederationIdentifier: Text, Email: Text }).nullish(),
  PermissionSetAssignments: children(AssignmentRecord),
  PermissionSetLicenseAssignments: children(LicenseRecord),
  UserTerritory2Associations: children(TerritoryRecord),
});
export type UserRecord = z.infer<typeof UserRecord>;

export const LoginRecord = z.object({ Id: z.string(), UserId: Text, IsFrozen: z.boolean() });
export const MemberRecord = z.object({
  Id: z.string(),
  UserOrGroupId: z.string(),
  Group: z.object({ DeveloperName: Text, Type: z.string() }).nullish(),
});
export type LoginRecord = z.infer<typeof LoginRecord>;
export type MemberRecord = z.infer<typeof MemberRecord>;

export const UserPage = queryPage(UserRecord);
export const LoginPage = queryPage(LoginRecord);
export const MemberPage = queryPage(MemberRecord);
export const ContactRecord = z.object({
  Id: z.string(),
  Account: z.object({ Name: Text }).nullish(),
});
export type ContactRecord = z.infer<typeof ContactRecord>;
export const ContactPage = queryPage(ContactRecord);
export const AssigneePage = queryPage(z.object({ AssigneeId: z.string() }));
/** Whose token it is. */
export const UserInfo = z.object({ user_id: z.string() });
export const IdPage = queryPage(z.looseObject({ Id: z.string() }));

/** What the integration may do with an object. */
export const ObjectRights = z.object({
  createable: z.boolean(),
  updateable: z.boolean(),
  deletable: z.boolean(),
});

/** What is known about fields of User. */
export const Describe = z.object({
  fields: z.array(
    z.object({
      name: z.string(),
      length: z.int().default(0),
      createable: z.boolean().default(true),
      updateable: z.boolean().default(true),
      restrictedPicklist: z.boolean().default(false),
      picklistValues: z.array(z.object({ value: z.string(), active: z.boolean().default(true) })).nullish(),
    }),
  ),
});
