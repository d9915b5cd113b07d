import type { Fact } from '../model/index.ts';
import type { CompiledGive, CompiledRule } from './compile.ts';
import type { Condition, Offer } from './evaluation.ts';

// Facts stand in clear in the access log: they name rules, roles and attributes, never a person's values (R4.1).

export function titleOf(rule: CompiledRule): string {
  return `“${rule.config.title ?? rule.config.id}”`;
}

function aboutRule(rule: CompiledRule): string {
  return `rule ${rule.config.id}`;
}

/** A give whose rule does not hold or could not be checked. */
export function giveNotReached(rule: CompiledRule, condition: Condition): Fact {
  const about = aboutRule(rule);
  if (condition.state !== 'failed') {
    return { kind: 'rule', about, effect: 'none', text: `Rule ${titleOf(rule)} does not apply.` };
  }
  const text = `Rule ${titleOf(rule)} could not be checked and gives nothing: ${condition.reason}.`;
  return { kind: 'failure', about, effect: 'none', text };
}

export function giveFact(rule: CompiledRule, give: CompiledGive, offer: Offer): Fact {
  const about = aboutRule(rule);
  const title = titleOf(rule);
  switch (offer.state) {
    case 'open': {
      const roles = give.roles.length > 0 ? give.roles.join(', ') : 'no role';
      const limit = offer.ends ? ' for a limited time' : '';
      return {
        kind: 'rule',
        about,
        effect: 'gives',
        text: `Rule ${title} applies and gives ${roles}${limit}.`,
      };
    }
    case 'closed':
      return {
        kind: 'window',
        about,
        effect: 'none',
        text: `Rule ${title} applies, but only at these times: ${offer.times}.`,
      };
    case 'ended':
      return { kind: 'end', about, effect: 'none', text: `Rule ${title} applies, but its end has passed.` };
    case 'failed': {
      const text = `Rule ${title} applies, but what it gives cannot be told, so it gives nothing: ${offer.reason}.`;
      return { kind: 'failure', about, effect: 'none', text };
    }
    default:
      return offer satisfies never;
  }
}

export function denyFact(rule: CompiledRule, condition: Condition): Fact {
  const about = aboutRule(rule);
  const title = titleOf(rule);
  switch (condition.state) {
    case 'holds':
      return { kind: 'deny', about, effect: 'closes', text: `Rule ${title} applies and closes the access.` };
    case 'does-not-hold':
      return {
        kind: 'deny',
        about,
        effect: 'none',
        text: `Rule ${title}, which would close the access, does not apply.`,
      };
    case 'failed': {
      const text = `Rule ${title} could not be checked and closes the access: ${condition.reason}.`;
      return { kind: 'failure', about, effect: 'closes', text };
    }
    default:
      return condition satisfies never;
  }
}

export function capFact(rule: CompiledRule, condition: Condition): Fact {
  const about = aboutRule(rule);
  const title = titleOf(rule);
  switch (condition.state) {
    case 'holds':
      return {
        kind: 'cap',
        about,
        effect: 'limits',
        text: `Rule ${title} applies and allows only what it lists.`,
      };
    case 'does-not-hold':
      return {
        kind: 'cap',
        about,
        effect: 'none',
        text: `Rule ${title}, which would limit the access, does not apply.`,
      };
    case 'failed': {
      const text = `Rule ${title} could not be checked and allows only what it lists: ${condition.reason}.`;
      return { kind: 'failure', about, effect: 'limits', text };
    }
    default:
      return condition satisfies never;
  }
}
