/** The nouns of one store, as the platform keeps them. Field names are those of the REST API. */

export type ChannelKind = 'stencil' | 'catalyst';

export type Channel = {
  readonly id: number;
  name: string;
  status: 'active' | 'prelaunch' | 'inactive';
  readonly kind: ChannelKind;
  /** Host that serves it; a parking channel has none. */
  readonly host: string | null;
  readonly wwwHost: string | null;
  allow_global_logins: boolean;
  /** Overrides of the store's settings; null inherits. */
  privacy_settings: Record<string, unknown> | null;
  customer_group_settings: Record<string, unknown> | null;
  date_created: Date;
};

export type ApiAccount = {
  readonly name: string;
  readonly level: 'store' | 'app';
  readonly clientId: string;
  readonly clientSecret: string;
  readonly accessToken: string;
  readonly scopes: readonly string[];
  revoked: boolean;
};

export type Group = {
  readonly id: number;
  name: string;
  is_default: boolean;
  is_group_for_guests: boolean;
  category_access: { type: 'all' | 'specific' | 'none'; categories?: readonly number[] };
  discount_rules: readonly { type: string; method: string; amount: string }[];
  date_created: Date;
  date_modified: Date;
};

export type FormFieldValue = { name: string; value: string | number | readonly string[] };

export type Customer = {
  readonly id: number;
  email: string;
  first_name: string;
  last_name: string;
  company: string;
  phone: string;
  notes: string;
  tax_exempt_category: string;
  customer_group_id: number;
  accepts_product_review_abandoned_cart_emails: boolean;
  store_credit: number;
  readonly origin_channel_id: number;
  /** null means every channel that allows global logins. Never empty. */
  channel_ids: readonly number[] | null;
  readonly registration_ip_address: string;
  form_fields: FormFieldValue[];
  force_password_reset: boolean;
  /** Kept in clear: this is a sandbox. Never part of an answer or of the state. */
  password: string | null;
  /** Orders that the customer placed; visible through `/v2/orders`. */
  orders: number;
  readonly date_created: Date;
  date_modified: Date;
};

export type Address = {
  readonly id: number;
  readonly customer_id: number;
  first_name: string;
  last_name: string;
  company: string;
  address1: string;
  address2: string;
  city: string;
  state_or_province: string;
  postal_code: string;
  country_code: string;
  phone: string;
  address_type: 'residential' | 'commercial';
  form_fields: FormFieldValue[];
};

export type AttributeType = 'string' | 'number' | 'date';

export type AttributeDefinition = {
  readonly id: number;
  name: string;
  readonly type: AttributeType;
  readonly date_created: Date;
  date_modified: Date;
};

export type AttributeValue = {
  readonly id: number;
  readonly attribute_id: number;
  readonly customer_id: number;
  value: string;
  readonly date_created: Date;
  date_modified: Date;
};

export type Metafield = {
  readonly id: number;
  readonly owner_client_id: string;
  readonly resource_id: number;
  readonly namespace: string;
  readonly key: string;
  value: string;
  description: string;
  permission_set: string;
  readonly date_created: Date;
  date_modified: Date;
};

export type FormField = {
  readonly name: string;
  readonly of: 'customer' | 'address';
  readonly type:
    | 'text'
    | 'multiline'
    | 'numbers'
    | 'date'
    | 'checkboxes'
    | 'radiobuttons'
    | 'picklist'
    | 'password';
  readonly required: boolean;
  /** What can be chosen; empty where anything can be entered. */
  readonly options: readonly string[];
};

/** Orders outlive their customer. */
export type FormerOrders = {
  readonly customer_id: number;
  readonly orders: number;
  readonly origin_channel_id: number;
  readonly date_created: Date;
};

export type ShopperSession = {
  readonly id: string;
  readonly customerId: number;
  readonly channelId: number;
  readonly startedAt: Date;
  readonly by: 'token' | 'password';
  /** What the session shows should the customer be gone while it survives. */
  readonly remembered: Customer;
};

/** A customer access token: one customer on one channel, for servers that sign people in. */
export type CustomerToken = {
  readonly customerId: number;
  readonly channelId: number;
  readonly expiresAt: Date;
};

/** One try at `/login/token`: the reason is only ever shown here, never to the shopper. */
export type LoginAttempt = {
  readonly at: Date;
  readonly host: string;
  readonly channelId: number;
  readonly outcome: 'signed-in' | 'refused';
  readonly reason?: string;
  readonly clientId?: string;
  readonly customerId?: number;
  readonly jti?: string;
  readonly target: string;
  /** Set where a server asked over GraphQL instead of a browser. */
  readonly via?: 'graphql';
};

export type RecordedCall = {
  readonly at: Date;
  readonly method: string;
  /** Path below the store, without the query: `/v3/customers`. */
  readonly path: string;
  readonly query: string;
  readonly clientId: string | null;
  /** Names of the body's members (of all items of an array), sorted; never values. */
  readonly bodyKeys: readonly string[];
  readonly items: number | null;
  status: number | null;
};
