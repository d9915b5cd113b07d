/** The nouns of B2B Edition in one store. Whoever acts in it is also a customer of the store. */

/** 0 pending, 1 approved, 2 rejected, 3 inactive: no buyers. */
export type CompanyStatus = 0 | 1 | 2 | 3;

export type ExtraField = { readonly fieldName: string; readonly fieldValue: string };

export type Company = {
  readonly id: number;
  name: string;
  email: string;
  phone: string;
  addressLine1: string;
  addressLine2: string;
  city: string;
  state: string;
  country: string;
  zipCode: string;
  status: CompanyStatus;
  /** The group of all its users; 0 is none. */
  customerGroupId: number;
  parentId: number | null;
  uuid: string;
  extraFields: readonly ExtraField[];
  readonly created_at: Date;
  updated_at: Date;
};

/** What both kinds of people share. */
type Holder = {
  readonly id: number;
  /** The customer behind it, where names and mail address are kept. */
  readonly customerId: number;
  uuid: string;
  extraFields: readonly ExtraField[];
  /** Shown should the customer be gone. */
  remembered: { email: string; firstName: string; lastName: string; phone: string };
  readonly created_at: Date;
  updated_at: Date;
};

/** A buyer: one company each. */
export type CompanyUser = Holder & {
  readonly kind: 'user';
  readonly companyId: number;
  companyRoleId: number;
};

/** An account manager in the shop, who may act for the companies that are assigned. */
export type SuperAdmin = Holder & {
  readonly kind: 'super-admin';
  companies: readonly number[];
  /** While acting for a company, its group is that of the customer. */
  masquerade: { readonly companyId: number; readonly groupBefore: number } | null;
};

export type CompanyRole = {
  readonly id: number;
  name: string;
  /** 1 predefined, 2 custom. */
  readonly roleType: 1 | 2;
  permissions: readonly { readonly code: string; readonly permissionLevel: number }[];
};

/** Sales rep in the control panel of B2B Edition; made there, never by API. */
export type SalesStaff = {
  readonly id: number;
  readonly email: string;
  readonly name: string;
  assigned: readonly { readonly companyId: number; readonly at: number }[];
  updated_at: Date;
};

/** A token of the older kind, which its own header carries. */
export type LegacyToken = {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly token: string;
};

export type B2bCall = {
  readonly at: Date;
  readonly method: string;
  /** Below the host, without the query. */
  readonly path: string;
  readonly query: string;
  /** Names of the body's members, never values. */
  readonly bodyKeys: readonly string[];
  readonly account: string | null;
  status: number | null;
};
