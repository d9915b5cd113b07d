import { z } from 'zod';

/** Bodies of the API, parsed at the border: only the fields that we use. */

const Attribute = z
  .object({
    attribute_id: z.int(),
    // Reads say `attribute_value`, some write answers `value`.
    attribute_value: z.string().nullish(),
    value: z.string().nullish(),
  })
  .transform(({ attribute_id, attribute_value, value }) => ({
    attributeId: attribute_id,
    value: attribute_value ?? value ?? '',
  }));

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

export const CustomerAddress = z.object({
  id: z.int(),
  address1: text,
  address2: text,
  city: text,
  state_or_province: text,
  postal_code: text,
  country_code: text,
});
export type CustomerAddress = z.infer<typeof CustomerAddress>;

const FormFieldValue = z.object({
  name: z.string(),
  value: z.union([z.string(), z.number(), z.array(z.string())]).nullish(),
});
export type FormFieldValue = z.infer<typeof FormFieldValue>;

export const Customer = z.object({
  id: z.int().positive(),
  email: z.string(),
  first_name: text,
  last_name: text,
  company: text,
  phone: text,
  customer_group_id: z
    .int()
    .nullish()
    .transform((value) => value ?? 0),
  /** Null: every channel that allows global logins. */
  channel_ids: z.array(z.int()).nullish(),
  addresses: z.array(CustomerAddress).optional(),
  attributes: z.array(Attribute).optional(),
  form_fields: z.array(FormFieldValue).optional(),
  authentication: z.object({ force_password_reset: z.boolean().nullish() }).nullish(),
  date_created: z.string().optional(),
});
export type Customer = z.infer<typeof Customer>;

export const CustomerList = z.object({ data: z.array(Customer) });
/** The first page tells how many there are; only pages by cursor, and the first, say where the next begins. */
export const CustomerPage = z.object({
  data: z.array(Customer),
  meta: z
    .object({
      pagination: z.object({ total: z.int().optional() }).optional(),
      cursor_pagination: z
        .object({
          end_cursor: z.string().nullish(),
          links: z.object({ next: z.string().nullish() }).optional(),
        })
        .optional(),
    })
    .optional(),
});
export type CustomerPage = z.infer<typeof CustomerPage>;
export const AddressList = z.object({ data: z.array(CustomerAddress) });
export const AttributeValueList = z.object({ data: z.array(Attribute) });
const AttributeDefinition = z.object({
  id: z.int(),
  name: z.string(),
  type: z.string().optional(),
});
export type AttributeDefinition = z.infer<typeof AttributeDefinition>;

export const AttributeDefinitions = z.object({
  data: z.array(AttributeDefinition),
  meta: z.object({ pagination: z.object({ total_pages: z.int() }).optional() }).optional(),
});
export const CustomerGroup = z.object({
  id: z.int(),
  name: z.string(),
  is_default: z.boolean().optional(),
  category_access: z.object({ type: z.string() }).optional(),
});
export type CustomerGroup = z.infer<typeof CustomerGroup>;
/** Version 2: bare, and no body at all when there are none. */
export const CustomerGroups = z.array(CustomerGroup);
export const ChannelSite = z.object({
  data: z.object({
    url: z.string(),
    urls: z.array(z.object({ url: z.string(), type: z.string() })).optional(),
  }),
});
export const ChannelInformation = z.object({
  data: z.object({ id: z.int(), status: z.string().optional() }),
});
/** `allow_global_logins` is at the top; older examples show it among the group settings. */
export const ChannelSettings = z.object({
  data: z.object({
    allow_global_logins: z.boolean().optional(),
    customer_group_settings: z.object({ allow_global_logins: z.boolean().optional() }).nullish(),
  }),
});
/** Values that are no text are none of ours. */
const HookHeaders = z
  .record(z.string(), z.unknown())
  .nullish()
  .catch(undefined)
  .transform((headers) =>
    Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
  );
export const HookRecord = z.object({
  id: z.int().positive(),
  scope: z.string(),
  destination: z.string(),
  is_active: z.boolean(),
  headers: HookHeaders,
});
export type HookRecord = z.infer<typeof HookRecord>;
export const HookList = z.object({
  data: z.array(HookRecord),
  meta: z.object({ pagination: z.object({ total_pages: z.int() }).optional() }).optional(),
});
export const StorefrontToken = z.object({ data: z.object({ token: z.string().min(1) }) });
/** Deleting answers nothing. */
export const NOTHING = z.unknown();
export const StoreTime = z.object({ time: z.number() });

/** Texts in `errors` may quote the mail address; only their paths may be logged. */
