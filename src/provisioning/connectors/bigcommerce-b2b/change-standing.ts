import { NOT_PREPARED } from '../../bigcommerce/customers-answers.ts';
import type { UpdateRequest, WriteAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { changeRole, joinCompany, leaveCompany, leaveFirst } from './company-user.ts';
import { type StandingNeeds, text } from './person-request.ts';
import { becomeSuperAdmin, giveUpSuperAdmin } from './super-admin.ts';

/**
 * Makes the customer what the image says: nobody, user of one company with one role, or super admin. A user cannot be
 * moved to another company, so the old one is left first. Each request may be repeated: what was done already is
 * found by the customer's id.
 */
export async function changeStanding(
  needs: StandingNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const { companies } = needs.known;
  const { current } = request;
  const wanted = { ...current, ...request.changes };
  if (wanted['superAdmin'] === 'yes') return becomeSuperAdmin(needs, request, budget);
  if (current['superAdmin'] === 'yes') return giveUpSuperAdmin(needs, request, budget);
  const place = { company: text(wanted['company']), role: text(wanted['role']) };
  if (place.company === '') return leaveCompany(needs, request, budget);
  const companyId = companies.idOf(place.company);
  if (companyId === undefined) return NOT_PREPARED;
  if (companies.idOfAny(text(current['company'])) === companyId) {
    return changeRole(needs, request, place, budget);
  }
  return (await leaveFirst(needs, request, budget)) ?? joinCompany(needs, request, place, budget);
}
