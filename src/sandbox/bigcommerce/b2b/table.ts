import {
  assignCompanies,
  assignSuperAdmins,
  listAssignedCompanies,
  listCompaniesWithSuperAdmins,
  listSuperAdminsOfCompany,
} from './assignments.ts';
import type { Handler, Route } from './call.ts';
import { listChannels, showChannel } from './channels.ts';
import {
  createCompany,
  deleteCompany,
  listCompanies,
  showCompany,
  updateCompany,
  updateStatus,
} from './companies.ts';
import { attachParent, detachSubsidiary, listSubsidiaries, showHierarchy } from './hierarchy.ts';
import { listNoFields } from './lists.ts';
import { createRole, deleteRole, listPermissions, listRoles, showRole, updateRole } from './roles.ts';
import { assignSalesStaff, listSalesStaff, showSalesStaff } from './sales-staff.ts';
import {
  createSuperAdmin,
  createSuperAdmins,
  listSuperAdmins,
  showSuperAdmin,
  updateSuperAdmin,
} from './super-admins.ts';
import {
  createUser,
  createUsers,
  deleteUser,
  listUsers,
  showUser,
  showUserOfCustomer,
  updateUser,
} from './users.ts';

const USER = '/users/:userId';
const COMPANY = '/companies/:companyId';
const ROLE = '/companies/roles/:roleId';
const ADMIN = '/super-admins/:superAdminId';
const ADMIN_INFO = '/super-admins/info/:superAdminId';
const STAFF = '/sales-staffs/:salesStaffId';

/** Every call below `/api/v3/io`; fixed paths come before those with an id. No call deletes a super admin. */
export const ROUTES: readonly Route[] = [
  get('/users', listUsers),
  post('/users', createUser),
  post('/users/bulk', createUsers),
  get('/users/extra-fields', listNoFields),
  get('/users/customer/:customerId', showUserOfCustomer),
  get(USER, showUser),
  put(USER, updateUser),
  remove(USER, deleteUser),

  post('/super-admins', createSuperAdmin),
  post('/super-admins/bulk', createSuperAdmins),
  get('/super-admins/companies', listCompaniesWithSuperAdmins),
  get(ADMIN_INFO, showSuperAdmin),
  put(ADMIN_INFO, updateSuperAdmin),
  put(ADMIN, assignCompanies),
  get(`${ADMIN}/companies`, listAssignedCompanies),
  get('/companies/super-admins', listSuperAdmins),
  get(`${COMPANY}/super-admins`, listSuperAdminsOfCompany),
  put(`${COMPANY}/super-admins`, assignSuperAdmins),

  get('/companies/roles', listRoles),
  post('/companies/roles', createRole),
  get(ROLE, showRole),
  put(ROLE, updateRole),
  remove(ROLE, deleteRole),
  get('/companies/permissions', listPermissions),

  get('/companies/extra-fields', listNoFields),
  get('/companies', listCompanies),
  post('/companies', createCompany),
  get(COMPANY, showCompany),
  put(COMPANY, updateCompany),
  remove(COMPANY, deleteCompany),
  put(`${COMPANY}/status`, updateStatus),
  get(`${COMPANY}/subsidiaries`, listSubsidiaries),
  remove(`${COMPANY}/subsidiaries/:childCompanyId`, detachSubsidiary),
  post(`${COMPANY}/parent`, attachParent),
  get(`${COMPANY}/hierarchy`, showHierarchy),

  get('/sales-staffs', listSalesStaff),
  get(STAFF, showSalesStaff),
  put(STAFF, assignSalesStaff),

  get('/channels', listChannels),
  get('/channels/:channelId', showChannel),
];

function get(path: string, handler: Handler): Route {
  return { method: 'GET', path, handler };
}
function post(path: string, handler: Handler): Route {
  return { method: 'POST', path, handler };
}
function put(path: string, handler: Handler): Route {
  return { method: 'PUT', path, handler };
}
function remove(path: string, handler: Handler): Route {
  return { method: 'DELETE', path, handler };
}
