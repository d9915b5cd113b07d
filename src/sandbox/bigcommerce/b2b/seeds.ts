import type { Company, CompanyRole, CompanyUser, SalesStaff, SuperAdmin } from './model.ts';

/** Its name as parameter is not published; in the control panel it is "B2B Edition: modify". */
export const B2B_SCOPE = 'b2b_edition_modify';

/** How B2B Edition of one store begins. Customers behind users and super admins are in the seed of the store. */
export type B2bSeed = {
  readonly companies: readonly (Pick<
    Company,
    'id' | 'name' | 'email' | 'phone' | 'country' | 'status' | 'customerGroupId' | 'parentId'
  > &
    Partial<Company>)[];
  readonly users: readonly Pick<
    CompanyUser,
    'id' | 'customerId' | 'companyId' | 'companyRoleId' | 'remembered'
  >[];
  readonly superAdmins: readonly Pick<SuperAdmin, 'id' | 'customerId' | 'companies' | 'remembered'>[];
  readonly roles: readonly CompanyRole[];
  readonly salesStaff: readonly Omit<SalesStaff, 'updated_at'>[];
};

const APPROVER: CompanyRole = {
  id: 11,
  name: 'Approver',
  roleType: 2,
  permissions: [
    { code: 'get_shopping_lists', permissionLevel: 2 },
    { code: 'approve_draft_shopping_list', permissionLevel: 2 },
  ],
};

const company = (
  id: number,
  name: string,
  rest: Partial<Company> & Pick<Company, 'country'>,
): B2bSeed['companies'][number] => ({
  id,
  name,
  email: `office@${(name.split(' ')[0] ?? '').toLowerCase()}.example`,
  phone: '',
  status: 1,
  customerGroupId: 0,
  parentId: null,
  ...rest,
});

/** Companies that `tess` looks after: one with a subsidiary, one with a buyer, one that applies still, one gone quiet. */
export const EMEA_BUSINESS: B2bSeed = {
  companies: [
    company(501, 'Fjord Hospitality', { country: 'NO', city: 'Bergen', customerGroupId: 1 }),
    company(502, 'Fjord Hotels North', { country: 'NO', city: 'Tromsø', customerGroupId: 1, parentId: 501 }),
    company(503, 'Orchard Supply', { country: 'IE', city: 'Cork', customerGroupId: 3 }),
    company(504, 'Baltic Interiors', { country: 'EE', city: 'Tallinn', status: 0 }),
    company(505, 'Kiel Yachts', { country: 'DE', city: 'Kiel', status: 3 }),
  ],
  users: [
    {
      id: 602,
      customerId: 103,
      companyId: 503,
      companyRoleId: 1,
      remembered: { email: 'pat@orchard.example', firstName: 'Patrice', lastName: 'Orchard', phone: '' },
    },
  ],
  superAdmins: [],
  roles: [APPROVER],
  salesStaff: [
    {
      id: 801,
      email: 'ines@halden.example',
      name: 'Inês Carvalho',
      assigned: [{ companyId: 501, at: 1_747_215_240 }],
    },
  ],
};

/** Here somebody who left is still an account manager. */
export const NA_BUSINESS: B2bSeed = {
  companies: [
    company(501, 'Prairie Cooperative', { country: 'US', city: 'Omaha', customerGroupId: 1 }),
    company(502, 'Lakeside Outfitters', { country: 'US', city: 'Duluth', customerGroupId: 3 }),
  ],
  users: [
    {
      id: 601,
      customerId: 101,
      companyId: 501,
      companyRoleId: 1,
      remembered: { email: 'casey@prairie.example', firstName: 'Casey', lastName: 'Reed', phone: '' },
    },
  ],
  superAdmins: [
    {
      id: 701,
      customerId: 102,
      companies: [501, 502],
      remembered: { email: 'viktor@brightline.example', firstName: 'Viktor', lastName: 'Sand', phone: '' },
    },
  ],
  roles: [APPROVER],
  salesStaff: [],
};
