import { z } from 'zod';

/** Bodies of the Customers API and of B2B Edition, parsed at the border: only the fields that we use. */

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
/** B2B Edition writes the same number as a number here and as a text there. */
const whole = z.union([
  z.int(),
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
]);

const Attribute = z
  .object({ attribute_id: z.int(), attribute_value: z.string().nullish(), value: z.string().nullish() })
  .transform(({ attribute_id, attribute_value, value }) => ({
    attributeId: attribute_id,
    value: attribute_value ?? value ?? '',
  }));

export const Customer = z.object({
  id: z.int().positive(),
  email: z.string(),
  first_name: text,
  last_name: text,
  phone: text,
  /** Null: every channel that allows global logins. */
  channel_ids: z.array(z.int()).nullish(),
  attributes: z.array(Attribute).optional(),
  authentication: z.object({ force_password_reset: z.boolean().nullish() }).nullish(),
});
export type Customer = z.infer<typeof Customer>;

export const CustomerList = z.object({ data: z.array(Customer) });
export const AttributeDefinitions = z.object({
  data: z.array(z.object({ id: z.int(), name: z.string() })),
});
export const ChannelSite = z.object({
  data: z.object({
    url: z.string(),
    urls: z.array(z.object({ url: z.string(), type: z.string() })).optional(),
  }),
});
export const StoreTime = z.object({ time: z.number() });
/** Answers of which nothing is needed. */
export const Anything = z.unknown();

export const CompanyList = z.array(
  z.object({ companyId: whole, companyName: text, companyStatus: whole, uuid: text }),
);
export const RoleList = z.array(z.object({ id: whole, name: z.string(), roleType: whole.nullish() }));
export const ChannelList = z.array(
  z.object({ channelId: whole, isEnabled: z.boolean().nullish(), b2bEnabled: z.boolean().nullish() }),
);

const Channels = z
  .array(z.object({ channelId: whole }))
  .nullish()
  .transform((list) => (list ?? []).map(({ channelId }) => channelId));

export const CompanyUser = z.object({
  id: whole,
  email: text,
  firstName: text,
  lastName: text,
  phoneNumber: text,
  companyId: whole,
  role: whole.nullish(),
  companyRoleId: whole.nullish(),
  companyRoleName: text,
  customerId: whole,
  channelList: Channels,
  /** External id; one that we made carries a random one. */
  uuid: text,
});
export type CompanyUser = z.infer<typeof CompanyUser>;
export const CompanyUserList = z.array(CompanyUser);

const superAdmin = {
  ...{ id: whole, email: text, firstName: text, lastName: text, phone: text },
  channelList: Channels,
};
export const SuperAdminList = z.array(z.object(superAdmin));
/** Only the look at one super admin tells the customer. */
export const SuperAdmin = z.object({ ...superAdmin, customerId: whole });
export type SuperAdmin = z.infer<typeof SuperAdmin>;
export const AssignedCompanies = z.array(z.object({ companyId: whole }));

export const NewCompanyUser = z.object({ userId: whole, bcId: whole });
export const NewSuperAdmin = z.object({ userId: whole, customerId: whole });

/** What every answer of B2B Edition is wrapped in. */
export const Envelope = z.object({
  code: whole.optional(),
  data: z.unknown(),
  meta: z
    .object({
      message: z.string().nullish(),
      pagination: z.object({ totalCount: whole.nullish() }).nullish(),
    })
    .nullish(),
});
/** One text, or complaints by field; both may quote the mail address and stay here. */
export const ErrorData = z.object({ errMsg: z.union([z.string(), z.record(z.string(), z.unknown())]) });
