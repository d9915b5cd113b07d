import { ConfigurationError } from '../base/index.ts';
import type { Decision, Fact, IdentityFacts, Person } from '../model/index.ts';
import { checkRules } from './check.ts';
import { collect } from './collect.ts';
import { combine } from './combine.ts';
import { type CompiledRule, compileRule } from './compile.ts';
import type { Case } from './evaluation.ts';
import type { PolicyInput, PolicyRelyingParty } from './input.ts';
import { explainRefusal, refuse } from './refusal.ts';
import { bindRequest, createVocabulary } from './vocabulary.ts';

/** Who asks, and when. Without an identity, conditions that read `identity` fail. */
export type PolicyRequest = {
  readonly person: Person;
  readonly identity?: IdentityFacts | undefined;
  readonly now: Date;
};

/** Compiled rules. Pure: the same request always gives the same decision. */
export type Policy = {
  decide(request: PolicyRequest & { readonly relyingParty: string }): Decision;
  /** Every relying party, in declared order; the same as asking one by one, but each rule is evaluated once. */
  decideAll(request: PolicyRequest): ReadonlyMap<string, Decision>;
};

/**
 * Compiles the rules.
 *
 * @throws ConfigurationError `config.invalid` with everything that `checkRules` finds.
 */
export function createPolicy(input: PolicyInput): Policy {
  const { rules, relyingParties, ...rest } = input;
  const problems = checkRules(rules, { ...rest, relyingParties });
  if (problems.length > 0) throw new ConfigurationError(problems);

  const environment = createVocabulary(input.attributes, input.tables);
  const compiled = rules.flatMap(
    (rule, index) => compileRule(rule, `rules[${index}]`, environment).rule ?? [],
  );
  const known = new Map(relyingParties.map((party) => [party.id, party]));
  const relevant = new Map(
    relyingParties.map(({ id }) => [id, compiled.filter((rule) => concerns(rule, id))]),
  );

  const open = (request: PolicyRequest): Case => ({
    now: request.now,
    scope: bindRequest(environment, request),
    conditions: new Map(),
  });
  return {
    decide(request) {
      const party = known.get(request.relyingParty);
      if (!party) return refuseUnknown(request.relyingParty);
      return decideOne(request.person, party, relevant.get(party.id) ?? [], () => open(request));
    },
    decideAll(request) {
      const on = open(request);
      return new Map(
        relyingParties.map((party) => [
          party.id,
          decideOne(request.person, party, relevant.get(party.id) ?? [], () => on),
        ]),
      );
    },
  };
}

/** A cap is an allow-list over everything, so it concerns every relying party (R4.2). */
function concerns({ config }: CompiledRule, relyingParty: string): boolean {
  return (
    config.cap !== undefined ||
    (config.give?.some((give) => give.relyingParty === relyingParty) ?? false) ||
    (config.deny?.some((deny) => deny.relyingParty === relyingParty || deny.relyingParty === '*') ?? false)
  );
}

function decideOne(
  person: Person,
  party: PolicyRelyingParty,
  rules: readonly CompiledRule[],
  open: () => Case,
): Decision {
  if (person.status !== 'active') return refusePerson();
  if (party.disabled) return refuseClosedParty(party.id);
  const findings = collect(rules, party.id, open());
  if (findings.denials.length > 0) return explainRefusal(findings, party.id);
  const entitlement = combine(findings, party);
  if (entitlement.roles.length === 0) return explainRefusal(findings, party.id);
  return { outcome: 'allow', entitlement, facts: findings.facts };
}

function refusePerson(): Decision {
  const text = 'Your account is disabled in the directory. Ask your help desk.';
  const fact: Fact = { kind: 'person', about: 'person', effect: 'closes', text: 'The person is disabled.' };
  return refuse('policy.person_disabled', fact, text, [fact]);
}

function refuseClosedParty(id: string): Decision {
  const about = `relyingParty ${id}`;
  const fact: Fact = {
    kind: 'relying-party',
    about,
    effect: 'closes',
    text: 'The relying party is switched off.',
  };
  return refuse('policy.relying_party_disabled', fact, 'This place is switched off at the moment.', [fact]);
}

function refuseUnknown(id: string): Decision {
  const about = `relyingParty ${id}`;
  const fact: Fact = {
    kind: 'relying-party',
    about,
    effect: 'closes',
    text: 'The relying party is not configured.',
  };
  return refuse('policy.relying_party_disabled', fact, 'This place is not open for sign-in.', [fact]);
}
