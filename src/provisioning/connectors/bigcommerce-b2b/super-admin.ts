import { NOT_PREPARED } from '../../bigcommerce/customers-answers.ts';
import type { UpdateRequest, WriteAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { changeAssignments } from './assignments.ts';
import { leaveFirst } from './company-user.ts';
import {
  blocked,
  MAIL_TAKEN,
  objected,
  othersInTheWay,
  personBody,
  STAYS_SUPER_ADMIN,
  type StandingNeeds,
  whoIs,
  written,
} from './person-request.ts';
import { NewSuperAdmin } from './schema.ts';
import { searchSuperAdmin } from './standing.ts';

const SUPER_ADMIN = { superAdmin: 'yes', company: '', role: '' };

/** Makes the customer a super admin, who looks after no company yet. Nobody is a company user beside it. */
export async function becomeSuperAdmin(
  needs: StandingNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const { b2b } = needs;
  const stopped =
    (await leaveFirst(needs, request, budget)) ?? (await othersInTheWay(needs, request, budget));
  if (stopped) return stopped;
  const body = personBody(request, 'phone');
  const answer = await b2b.send({ verb: 'POST', path: '/super-admins', body }, NewSuperAdmin, budget);
  if (answer.outcome === 'invalid') {
    return answer.objection === 'taken' ? alreadySuperAdmin(needs, request, budget) : objected(answer, '');
  }
  if (answer.outcome !== 'ok') return answer.outcome === 'missing' ? NOT_PREPARED : answer;
  const { userId, customerId } = answer.data;
  if (String(customerId) === request.externalId) {
    return written(request, SUPER_ADMIN, { superAdmin: String(userId) });
  }
  return blocked(
    `B2B Edition made customer ${customerId} the super admin ${userId}, who has the same mail address: delete this super admin in B2B Edition, and give one of the two customers another mail address`,
  );
}

/** After a lost reply it is our own; anything else keeps the mail address to itself. */
async function alreadySuperAdmin(
  { b2b }: StandingNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const admin = await searchSuperAdmin(b2b, whoIs(request), budget);
  if (admin === undefined) return blocked(MAIL_TAKEN);
  if ('outcome' in admin) return admin;
  return written(request, SUPER_ADMIN, { superAdmin: String(admin.id) });
}

/** No call of the API ends a super admin; without companies nothing is left to do until somebody does it by hand. */
export async function giveUpSuperAdmin(
  needs: StandingNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const unassigned = await changeAssignments(needs, { ...request, changes: { companies: [] } }, budget);
  return unassigned.outcome === 'written' ? blocked(STAYS_SUPER_ADMIN) : unassigned;
}
