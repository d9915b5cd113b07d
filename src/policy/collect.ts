import type { Fact } from '../model/index.ts';
import type { CompiledGive, CompiledRule } from './compile.ts';
import type { CapConfig } from './config.ts';
import { type Case, type Condition, conditionOf, type Offer, offerOf } from './evaluation.ts';
import { capFact, denyFact, giveFact, giveNotReached } from './facts.ts';

/** All that the rules have to say about one person at one relying party. */
export type Findings = {
  readonly facts: Fact[];
  readonly denials: {
    readonly rule: CompiledRule;
    readonly fact: Fact;
    readonly reason: string | undefined;
  }[];
  /** Allow-lists in force; each holds the lines that name this relying party, maybe none. */
  readonly caps: { readonly rule: CompiledRule; readonly fact: Fact; readonly lines: readonly CapConfig[] }[];
  readonly offers: {
    readonly rule: CompiledRule;
    readonly give: CompiledGive;
    readonly offer: Offer;
    readonly fact: Fact;
  }[];
  /** Rules that would give access here, but do not hold or could not be checked. */
  readonly missed: { readonly rule: CompiledRule; readonly condition: Condition; readonly fact: Fact }[];
  /** Instants at which a deny or a cap that is not in force now may come into force. */
  readonly edges: Date[];
};

/** Asks the rules one by one, in their declared order. */
export function collect(rules: readonly CompiledRule[], relyingParty: string, on: Case): Findings {
  const findings: Findings = { facts: [], denials: [], caps: [], offers: [], missed: [], edges: [] };
  for (const rule of rules) {
    const condition = conditionOf(rule, on);
    collectDeny(rule, condition, relyingParty, findings);
    collectCap(rule, condition, relyingParty, findings);
    collectGives(rule, condition, relyingParty, on, findings);
  }
  return findings;
}

function collectDeny(
  rule: CompiledRule,
  condition: Condition,
  relyingParty: string,
  findings: Findings,
): void {
  const deny = rule.config.deny?.find(
    (line) => line.relyingParty === relyingParty || line.relyingParty === '*',
  );
  if (!deny) return;
  const fact = denyFact(rule, condition);
  findings.facts.push(fact);
  // R4.1: a deny that fails denies.
  if (condition.state !== 'does-not-hold') findings.denials.push({ rule, fact, reason: deny.reason });
  else if (condition.edge) findings.edges.push(condition.edge);
}

function collectCap(
  rule: CompiledRule,
  condition: Condition,
  relyingParty: string,
  findings: Findings,
): void {
  if (!rule.config.cap) return;
  const lines = rule.config.cap.filter((line) => line.relyingParty === relyingParty);
  const fact = capFact(rule, condition);
  const inForce = condition.state !== 'does-not-hold';
  if (inForce || lines.length > 0) findings.facts.push(fact);
  // R4.1: a cap that fails caps. R4.2: it is an allow-list over everything, named here or not.
  if (inForce) findings.caps.push({ rule, fact, lines });
  else if (condition.edge) findings.edges.push(condition.edge);
}

function collectGives(
  rule: CompiledRule,
  condition: Condition,
  relyingParty: string,
  on: Case,
  findings: Findings,
): void {
  const gives = rule.gives.filter((give) => give.relyingParty === relyingParty);
  if (gives.length === 0) return;
  // R4.1: a `when` that fails gives nothing.
  if (condition.state !== 'holds') {
    const fact = giveNotReached(rule, condition);
    findings.facts.push(fact);
    findings.missed.push({ rule, condition, fact });
    return;
  }
  for (const give of gives) {
    const offer = offerOf(give, condition, on);
    const fact = giveFact(rule, give, offer);
    findings.facts.push(fact);
    findings.offers.push({ rule, give, offer, fact });
  }
}
