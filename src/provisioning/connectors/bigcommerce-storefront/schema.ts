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
});
export type Customer = z.infer<typeof Customer>;

export const CustomerList = z.object({ data: z.array(Customer) });
export const AddressList = z.object({ data: z.array(CustomerAddress) });
export const AttributeValueList = z.object({ data: z.array(Attribute) });
export const AttributeDefinitions = z.object({
  data: z.array(z.object({ id: z.int(), name: z.string(), type: z.string().optional() })),
  meta: z.object({ pagination: z.object({ total_pages: z.int() }).optional() }).optional(),
});
export const CustomerGroup = z.object({ id: z.int(), name: z.string() });
/** Version 2: bare, and no body at all when there are none. */
export const CustomerGroups = z.array(CustomerGroup);
export const ChannelSite = z.object({
  data: z.object({
    url: z.string(),
    urls: z.array(z.object({ url: z.string(), type: z.string() })).optional(),
  }),
});
export const StoreTime = z.object({ time: z.number() });

/** Texts in `errors` may quote the mail address; only their paths may be logged. */
export const ErrorBody = z.object({
  title: z.string().optional(),
  errors: z.record(z.string(), z.unknown()).optional(),
});
export type ErrorBody = z.infer<typeof ErrorBody>;
