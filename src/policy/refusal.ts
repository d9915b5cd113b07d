import type { Decision, DenyCode, Fact } from '../model/index.ts';
import type { Findings } from './collect.ts';
import { isAllowed, names } from './combine.ts';
import type { CompiledRule } from './compile.ts';
import { titleOf } from './facts.ts';

export type Refusal = Extract<Decision, { outcome: 'deny' }>;

/** A refusal whose deciding fact carries the sentence for the page. */
export function refuse(
  code: DenyCode,
  fact: Fact,
  text: string,
  facts: readonly Fact[],
  opensAt?: Date,
): Refusal {
  return { outcome: 'deny', code, reason: { ...fact, text }, facts, ...(opensAt ? { opensAt } : {}) };
}

/**
 * Picks the fact that decides a refusal: what closes the access comes first, then what the person is closest to
 * having. Speaks of rules and of the person asked about, never of others.
 */
export function explainRefusal(findings: Findings, relyingParty: string): Refusal {
  return (
    refuseDenied(findings) ??
    refuseCapped(findings) ??
    refuseClosed(findings) ??
    refuseEnded(findings) ??
    refuseFailed(findings) ??
    refuseWithoutRole(findings) ??
    refuseWithoutRule(findings, relyingParty)
  );
}

function refuseDenied({ denials, facts }: Findings): Refusal | undefined {
  // A deny that holds explains more than one that could not be checked.
  const denial = denials.find(({ fact }) => fact.kind === 'deny') ?? denials[0];
  if (!denial) return undefined;
  const { rule, fact, reason } = denial;
  const own = fact.kind === 'deny' ? (reason ?? rule.config.explain) : undefined;
  return refuse('policy.denied', fact, own ?? `Your access is closed by the rule ${titleOf(rule)}.`, facts);
}

function refuseCapped(findings: Findings): Refusal | undefined {
  const roles = findings.offers.flatMap(({ give }) => give.roles);
  if (roles.length === 0 || roles.some((id) => isAllowed(findings, 'roles', id))) return undefined;
  // One cap that takes everything explains more than several that do so together.
  const whole = findings.caps.find(({ lines }) => !roles.some((id) => names(lines, 'roles', id)));
  const cap = whole ?? findings.caps[0];
  if (!cap) return undefined;
  const generic = `Your access is limited by the rule ${titleOf(cap.rule)}, which does not include this.`;
  return refuse('policy.capped', cap.fact, cap.rule.config.explain ?? generic, findings.facts);
}

function refuseClosed(findings: Findings): Refusal | undefined {
  const closed = findings.offers.flatMap(({ offer, give, fact, rule }) =>
    offer.state === 'closed' && give.roles.some((id) => isAllowed(findings, 'roles', id))
      ? [{ offer, fact, rule }]
      : [],
  );
  const [first] = closed.toSorted((a, b) => opening(a.offer.opens) - opening(b.offer.opens));
  if (!first) return undefined;
  const text = `Your access is open at these times: ${first.offer.times}.`;
  return refuse('policy.outside_window', first.fact, text, findings.facts, first.offer.opens);
}

function opening(opens: Date | undefined): number {
  return opens?.getTime() ?? Number.POSITIVE_INFINITY;
}

function refuseEnded({ offers, facts }: Findings): Refusal | undefined {
  const ended = offers.find(({ offer }) => offer.state === 'ended');
  if (!ended) return undefined;
  return refuse(
    'policy.ended',
    ended.fact,
    `Your access by the rule ${titleOf(ended.rule)} has ended.`,
    facts,
  );
}

function refuseFailed({ offers, missed, facts }: Findings): Refusal | undefined {
  for (const { rule, offer, fact } of offers) {
    if (offer.state === 'failed') return refuse('policy.no_rule', fact, unchecked(rule, offer.reason), facts);
  }
  for (const { rule, condition, fact } of missed) {
    if (condition.state === 'failed')
      return refuse('policy.no_rule', fact, unchecked(rule, condition.reason), facts);
  }
  return undefined;
}

function unchecked(rule: CompiledRule, reason: string): string {
  return `The rule ${titleOf(rule)} could not be checked for you: ${reason}. Ask for your directory entry to be completed.`;
}

function refuseWithoutRole({ offers, facts }: Findings): Refusal | undefined {
  const open = offers.find(({ offer }) => offer.state === 'open');
  if (!open) return undefined;
  const text = `The rule ${titleOf(open.rule)} gives you no role here, and nobody enters without one.`;
  return refuse('policy.no_role', open.fact, text, facts);
}

function refuseWithoutRule({ missed, facts }: Findings, relyingParty: string): Refusal {
  const named = missed.find(({ rule }) => rule.config.explain) ?? missed[0];
  if (!named) {
    const fact: Fact = {
      kind: 'relying-party',
      about: `relyingParty ${relyingParty}`,
      effect: 'none',
      text: 'No rule gives access here.',
    };
    return refuse('policy.no_rule', fact, 'No rule gives access here. Ask an administrator.', [
      ...facts,
      fact,
    ]);
  }
  const titles = missed.map(({ rule }) => titleOf(rule)).join(', ');
  const generic =
    missed.length === 1
      ? `Access comes from the rule ${titles}, which does not apply to you.`
      : `Access comes from one of the rules ${titles}; none of them applies to you.`;
  return refuse('policy.no_rule', named.fact, named.rule.config.explain ?? generic, facts);
}
