import { type Item, isObject, text } from '../api/fields.ts';
import type { Store } from '../store.ts';
import { type Answer, COMPANY_NOT_FOUND, logicalError, ok, parameterError } from './answers.ts';
import type { Call, Handler } from './call.ts';
import { matches, page } from './lists.ts';
import type { CompanyRole } from './model.ts';
import { COMPANY_PERMISSIONS } from './predefined-roles.ts';

/** Roles of all companies: three predefined, and those of the store. */
export const listRoles: Handler = (call) =>
  page(
    call,
    [...call.store.companyRoles.values()].filter(({ name }) => matches(call.query, name)),
    { most: 250, word: 'success', show: roleView },
  );

export const showRole: Handler = (call) => withRole(call, (role) => ok(detailView(role)));

export const createRole: Handler = ({ store, item }) => {
  const permissions = permissionsOf(item);
  if (!permissions) return parameterError(store, { permissions: ['Permission is not valid.'] });
  const refusal = refuseName(store, item, undefined);
  if (refusal) return refusal;
  const role: CompanyRole = { id: store.nextId(), name: text(item, 'name'), roleType: 2, permissions };
  store.companyRoles.set(role.id, role);
  return ok(detailView(role));
};

/** Permissions are replaced as a whole. */
export const updateRole: Handler = (call) =>
  withRole(call, (role) => {
    const permissions = permissionsOf(call.item);
    if (role.roleType === 1) return logicalError('Predefined roles can not be updated.');
    if (!permissions) return parameterError(call.store, { permissions: ['Permission is not valid.'] });
    const refusal = refuseName(call.store, call.item, role);
    if (refusal) return refusal;
    role.name = text(call.item, 'name');
    role.permissions = permissions;
    return ok(detailView(role));
  });

export const deleteRole: Handler = (call) =>
  withRole(call, (role) => {
    const { store } = call;
    if (role.roleType === 1) return logicalError('Predefined roles can not be deleted.');
    const isUsed = [...store.companyUsers.values()].some(({ companyRoleId }) => companyRoleId === role.id);
    if (isUsed) return logicalError('The role is assigned to a company user.');
    store.companyRoles.delete(role.id);
    return ok({});
  });

export const listPermissions: Handler = ({ query }) =>
  ok(
    COMPANY_PERMISSIONS.map((code, index) => ({
      id: index + 1,
      name: code.replaceAll('_', ' '),
      description: code.replaceAll('_', ' '),
      code,
      isCustom: false,
      moduleName: code.split('_')[1] ?? '',
    })).filter(({ name }) => matches(query, name)),
  );

function refuseName(store: Store, item: Item, current: CompanyRole | undefined): Answer | undefined {
  const name = text(item, 'name');
  if (name === '') return parameterError(store, { name: ['This field is required.'] });
  const isTaken = [...store.companyRoles.values()].some((role) => role !== current && role.name === name);
  return isTaken ? logicalError('The role name already exists.') : undefined;
}

function permissionsOf(item: Item): CompanyRole['permissions'] | undefined {
  const given = item['permissions'];
  if (!Array.isArray(given)) return undefined;
  const items = (given as readonly unknown[]).filter(isObject);
  const isRight = ({ code, permissionLevel }: Item): boolean =>
    COMPANY_PERMISSIONS.includes(String(code)) && [1, 2, 3].includes(Number(permissionLevel));
  if (items.length !== given.length || !items.every(isRight)) return undefined;
  return items.map(({ code, permissionLevel }) => ({
    code: String(code),
    permissionLevel: Number(permissionLevel),
  }));
}

function withRole(call: Call, answer: (role: CompanyRole) => Answer): Answer {
  const role = call.store.companyRoles.get(Number(call.params['roleId']));
  return role ? answer(role) : COMPANY_NOT_FOUND;
}

function roleView({ id, name, roleType }: CompanyRole) {
  return { id, name, roleType, roleLevel: 1 };
}

function detailView(role: CompanyRole): object {
  const permissions = role.permissions.map((permission) => ({
    id: COMPANY_PERMISSIONS.indexOf(permission.code) + 1,
    ...permission,
  }));
  return { ...roleView(role), permissions };
}
