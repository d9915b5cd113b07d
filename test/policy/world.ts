import assert from 'node:assert/strict';
import type { Tables } from '../../src/expressions/index.ts';
import type { Decision, Entitlement, Granted, IdentityFacts, Person } from '../../src/model/index.ts';
import { createPolicy, type Policy, type PolicyInput, RuleConfig } from '../../src/policy/index.ts';

/** A Monday, 10:00 in Berlin. */
export const NOW = new Date('2026-03-02T09:00:00Z');

export const AROUND = {
  attributes: { region: 'string', contractEnd: 'timestamp', level: 'number', brands: 'list', vip: 'boolean' },
  tables: { scopes: { EMEA: ['catalog:write'], NA: ['orders:read'] } } satisfies Tables,
  relyingParties: [
    { id: 'store-emea', kind: 'bigcommerce-storefront', roles: ['merchandiser', 'content-editor', 'viewer'] },
    { id: 'store-na', kind: 'bigcommerce-storefront', roles: ['merchandiser'] },
    { id: 'wiki', kind: 'oidc', roles: ['reader', 'writer'], scopes: ['pages:read', 'pages:write'] },
    { id: 'closed', kind: 'oidc', roles: ['reader'], disabled: true },
  ],
} as const satisfies Omit<PolicyInput, 'rules'>;

type RuleText = Parameters<typeof RuleConfig.parse>[0];

export function policyOf(...rules: readonly RuleText[]): Policy {
  return createPolicy({ rules: rules.map((rule) => RuleConfig.parse(rule)), ...AROUND });
}

export function person(attributes: Person['attributes'] = {}, fields: Partial<Person> = {}): Person {
  return { id: 'per_00000000000000000000000001', status: 'active', groups: [], ...fields, attributes };
}

export const IDENTITY: IdentityFacts = {
  id: 'idn_00000000000000000000000001',
  connection: 'otds',
  issuer: 'https://otds.example',
  authTime: new Date('2026-03-02T08:30:00Z'),
  confirmedAt: new Date('2026-03-02T08:30:00Z'),
  amr: ['pwd'],
};

type Question = {
  readonly who?: Person;
  readonly at?: string | Date;
  readonly where?: string;
  readonly identity?: IdentityFacts | undefined;
};

export function ask(policy: Policy, question: Question = {}): Decision {
  return policy.decide({
    person: question.who ?? person(),
    identity: 'identity' in question ? question.identity : IDENTITY,
    relyingParty: question.where ?? 'store-emea',
    now: new Date(question.at ?? NOW),
  });
}

export function allowed(decision: Decision): Entitlement {
  assert.equal(decision.outcome, 'allow', JSON.stringify(decision));
  return decision.outcome === 'allow' ? decision.entitlement : assert.fail();
}

export function refused(decision: Decision): Extract<Decision, { outcome: 'deny' }> {
  assert.equal(decision.outcome, 'deny', JSON.stringify(decision));
  return decision.outcome === 'deny' ? decision : assert.fail();
}

/** `merchandiser until 2026-03-02T17:00` */
export function shown(granted: readonly Granted[]): readonly string[] {
  return granted.map(({ id, ends }) => (ends ? `${id} until ${ends.toISOString().slice(0, 16)}` : id));
}

/** A rule that gives a role at the EMEA store to everybody, with changes. */
export function giving(fields: object = {}, rule: object = {}): RuleText {
  return {
    id: 'all',
    when: 'true',
    give: [{ relyingParty: 'store-emea', roles: ['viewer'], ...fields }],
    ...rule,
  };
}
