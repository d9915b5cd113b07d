import type { Store } from '../store.ts';
import { type Answer, hierarchyError, TOO_MANY } from './answers.ts';
import type { Call, Handler } from './call.ts';
import { companyHappened } from './events.ts';
import { page } from './lists.ts';
import type { Company } from './model.ts';
import { countHierarchy } from './quota.ts';

const MOST_LAYERS = 5;

const NOT_THERE = hierarchyError(404, 'Company does not exist.');

/** These calls answer without a code. */
export const listSubsidiaries: Handler = (call) =>
  withCompany(call, (company) => treePage(call, childrenOf(call.store, company.id)));

/** The whole tree that a company is in, from its top. */
export const showHierarchy: Handler = (call) => {
  if (!countHierarchy(call.store)) return TOO_MANY;
  return withCompany(call, (company) => treePage(call, [line(call.store, company).at(-1) ?? company]));
};

export const attachParent: Handler = (call) =>
  withCompany(call, (company) => {
    const { store, item } = call;
    const parent = store.companies.get(Number(item['parentCompanyId']));
    if (!parent) return hierarchyError(400, 'Invalid parent company ID.');
    const above = line(store, parent);
    if (above.includes(company))
      return hierarchyError(400, 'The parent company is a subsidiary of the company.');
    if (above.length + depth(store, company) > MOST_LAYERS) {
      return hierarchyError(400, 'The parent company has reached the maximum layer.');
    }
    company.parentId = parent.id;
    companyHappened(store, 'updated', company.id);
    return { status: 201, message: '', data: [], bare: { data: [], meta: { message: 'SUCCESS' } } };
  });

export const detachSubsidiary: Handler = (call) =>
  withCompany(call, (company) => {
    const child = call.store.companies.get(Number(call.params['childCompanyId']));
    if (child?.parentId !== company.id) return hierarchyError(400, 'Invalid child company ID.');
    child.parentId = null;
    companyHappened(call.store, 'updated', child.id);
    return { status: 204, message: '', data: {} };
  });

function withCompany(call: Call, answer: (company: Company) => Answer): Answer {
  const company = call.store.companies.get(Number(call.params['companyId']));
  return company ? answer(company) : NOT_THERE;
}

function treePage(call: Call, companies: readonly Company[]): Answer {
  const answer = page(call, companies, {
    most: 250,
    word: 'SUCCESS',
    show: (each) => tree(call.store, each),
  });
  if (answer.status !== 200) return answer;
  const { data, message, pagination } = answer;
  return { ...answer, bare: { data, meta: { message, pagination } } };
}

function tree(store: Store, company: Company): object {
  const below = childrenOf(store, company.id);
  return {
    companyId: company.id,
    companyName: company.name,
    companyStatus: company.status,
    ...(below.length > 0 && { subsidiaries: below.map((child) => tree(store, child)) }),
  };
}

function childrenOf(store: Store, id: number): readonly Company[] {
  return [...store.companies.values()].filter(({ parentId }) => parentId === id);
}

/** A company with everything above it, the top last. */
function line(store: Store, company: Company): readonly Company[] {
  const parent = store.companies.get(company.parentId ?? 0);
  return parent ? [company, ...line(store, parent)] : [company];
}

/** Layers from a company downwards, itself counted. */
function depth(store: Store, company: Company): number {
  return 1 + Math.max(0, ...childrenOf(store, company.id).map((child) => depth(store, child)));
}
