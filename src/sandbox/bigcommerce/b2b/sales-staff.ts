import { type Item, isObject } from '../api/fields.ts';
import { BAD_JSON, ok, parameterError, seconds } from './answers.ts';
import type { Handler } from './call.ts';
import { inOrder, page } from './lists.ts';

/** Sales reps of the control panel: made there by hand, assigned here. */
export const listSalesStaff: Handler = (call) => {
  const company = call.query.get('companyId');
  const found = inOrder(call.query, call.store.salesStaff.values()).filter(
    ({ assigned }) => !company || assigned.some(({ companyId }) => String(companyId) === company),
  );
  return page(call, found, {
    most: 250,
    word: 'SUCCESS',
    show: ({ id, email, name, assigned }) => ({
      id,
      email,
      salesRepName: name,
      roleName: 'Sales Rep',
      companyCount: assigned.length,
    }),
  });
};

export const showSalesStaff: Handler = ({ store, params }) => {
  const staff = store.salesStaff.get(Number(params['salesStaffId']));
  if (!staff) return parameterError(store, { salesStaffId: ['Sales staff does not exist.'] });
  const { id, email, name, assigned } = staff;
  const assignedCompanies = assigned.flatMap(({ companyId, at }) => {
    const company = store.companies.get(companyId);
    if (!company) return [];
    return [
      {
        id: companyId,
        bcId: String(company.customerGroupId),
        companyName: company.name,
        bcGroupName: store.groups.get(company.customerGroupId)?.name ?? '',
        assignedAt: at,
      },
    ];
  });
  return ok({ id, email, name, phoneNumber: '', assignedCompanies });
};

/** A list in the body; only the companies that are named are touched. */
export const assignSalesStaff: Handler = ({ store, params, body }) => {
  if (!Array.isArray(body)) return BAD_JSON;
  const staff = store.salesStaff.get(Number(params['salesStaffId']));
  if (!staff) return refused('Sales staff does not exist.');
  const items = (body as readonly unknown[]).map((item): Item => (isObject(item) ? item : {}));
  for (const { companyId, assignStatus } of items) {
    if (typeof assignStatus !== 'boolean') return refused('Must be a valid boolean.');
    if (typeof companyId !== 'number' || !store.companies.has(companyId))
      return refused('Company does not exist.');
  }
  const at = seconds(store.now());
  for (const { companyId, assignStatus } of items) {
    const others = staff.assigned.filter((each) => each.companyId !== companyId);
    staff.assigned = assignStatus === true ? [...others, { companyId: Number(companyId), at }] : others;
  }
  staff.updated_at = store.now();
  return ok({});
};

function refused(errMsg: string) {
  return { status: 422, message: 'Parameter Error', data: { errMsg } };
}
