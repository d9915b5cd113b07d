import { NOT_PREPARED } from '../../bigcommerce/customers-answers.ts';
import type { CallFailed, UpdateRequest, WriteAnswer } from '../../connector/connector.ts';
import { members } from '../../planning/plan.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { B2bApi } from './b2b-api.ts';
import type { Known } from './facts.ts';
import { NOT_APPLIED } from './person-request.ts';
import { Anything } from './schema.ts';
import { assignedCompanies, searchSuperAdmin, superAdminOf } from './standing.ts';

/** Companies in one request; nobody says how many are taken, and what is not named is not touched. */
const AT_ONCE = 50;

/** Assigns and unassigns companies of a super admin, then reads what stands: the answer itself says nothing. */
export async function changeAssignments(
  { b2b, known }: { readonly b2b: B2bApi; readonly known: Known },
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const { externalId, changes, current } = request;
  const next = members(changes['companies']);
  const before = members(current['companies']);
  const items = [
    ...assignmentsOf(
      before.filter((label) => !next.includes(label)),
      known,
      false,
    ),
    ...assignmentsOf(
      next.filter((label) => !before.includes(label)),
      known,
      true,
    ),
  ];
  if (items.some(({ companyId }) => companyId === undefined)) return NOT_PREPARED;
  const id = await superAdminId(b2b, request, budget);
  if (typeof id === 'object') return id;
  if (id === undefined) return NOT_APPLIED;
  for (let from = 0; from < items.length; from += AT_ONCE) {
    const body = { companies: items.slice(from, from + AT_ONCE) };
    const answer = await b2b.send({ verb: 'PUT', path: `/super-admins/${id}`, body }, Anything, budget);
    if (answer.outcome === 'unavailable') return answer;
    if (answer.outcome === 'invalid') {
      return { outcome: 'invalid', detail: `status ${answer.status}: ${answer.objection}` };
    }
    // The super admin is gone, or one of the companies: a fresh look tells.
    if (answer.outcome === 'missing') return { outcome: 'invalid', detail: 'status 404: companies' };
  }
  const companyIds = await assignedCompanies(b2b, id, budget);
  if ('outcome' in companyIds) return companyIds;
  const companies = companyIds.map((each) => known.companies.labelOf(each)).sort();
  return {
    outcome: 'written',
    account: { externalId, image: { companies }, refs: { superAdmin: String(id) } },
  };
}

type Assignment = { readonly companyId: number | undefined; readonly isAssigned: boolean };

function assignmentsOf(labels: readonly string[], { companies }: Known, isAssigned: boolean): Assignment[] {
  return labels.map((label) => ({
    companyId: isAssigned ? companies.idOf(label) : companies.idOfAny(label),
    isAssigned,
  }));
}

/** An id that is remembered, or that an answer named, could be somebody else's: it is looked at before it is written. */
async function superAdminId(
  b2b: B2bApi,
  { refs, externalId, current }: UpdateRequest,
  budget: CallBudget,
): Promise<number | undefined | CallFailed> {
  const who = { customerId: Number(externalId), mail: String(current['mail'] ?? '') };
  const remembered = Number(refs['superAdmin']);
  const known = Number.isSafeInteger(remembered)
    ? await superAdminOf(b2b, remembered, who.customerId, budget)
    : undefined;
  const admin = known ?? (await searchSuperAdmin(b2b, who, budget));
  return admin && 'outcome' in admin ? admin : admin?.id;
}
