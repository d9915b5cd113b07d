import { earliest } from '../base/index.ts';
import type { Entitlement, Granted } from '../model/index.ts';
import type { Findings } from './collect.ts';
import type { CapConfig } from './config.ts';
import type { PolicyRelyingParty } from './input.ts';

/** May this role or scope remain? Every cap in force must name it (R4.2). */
export function isAllowed(findings: Findings, what: 'roles' | 'scopes', id: string): boolean {
  return findings.caps.every(({ lines }) => names(lines, what, id));
}

/** Does this one allow-list name the role or scope? */
export function names(lines: readonly CapConfig[], what: 'roles' | 'scopes', id: string): boolean {
  return lines.some((line) => line[what] === '*' || (line[what]?.includes(id) ?? false));
}

/** Unites what the open offers give, limits it by the caps, and orders it. May hold no role. */
export function combine(findings: Findings, relyingParty: PolicyRelyingParty): Entitlement {
  const roles = new Map<string, Granted>();
  const scopes = new Map<string, Granted>();
  for (const { rule, give, offer } of findings.offers) {
    if (offer.state !== 'open') continue;
    const ends = earliest(offer.ends, ...findings.edges);
    const times = { ...(ends ? { ends } : {}), ...(offer.until ? { until: offer.until } : {}) };
    for (const id of give.roles) unite(roles, id, times, rule.config.id);
    for (const id of offer.scopes) unite(scopes, id, times, rule.config.id);
  }
  // Declared order is precedence (R4.5); what is not declared means nothing there.
  const declaredScopes = relyingParty.scopes ?? [...scopes.keys()];
  const held = pick(relyingParty.roles, roles).filter(({ id }) => isAllowed(findings, 'roles', id));
  const heldScopes = pick(declaredScopes, scopes).filter(({ id }) => isAllowed(findings, 'scopes', id));
  // R3.1: what is made from the whole ends with the first of its parts; then the decision is computed again.
  const ends = earliest(...[...held, ...heldScopes].map((granted) => granted.ends));
  return { relyingParty: relyingParty.id, roles: held, scopes: heldScopes, ...(ends ? { ends } : {}) };
}

/** The same role from several rules lasts as long as the longest of them: each rule alone is reason enough. */
function unite(all: Map<string, Granted>, id: string, times: Times, rule: string): void {
  const known = all.get(id);
  if (!known) {
    all.set(id, { id, because: [rule], ...times });
    return;
  }
  const because = known.because.includes(rule) ? known.because : [...known.because, rule];
  const ends = latest(known.ends, times.ends);
  const until = latest(known.until, times.until);
  all.set(id, { id, because, ...(ends ? { ends } : {}), ...(until ? { until } : {}) });
}

type Times = Pick<Granted, 'ends' | 'until'>;

/** No end at all is later than any. */
function latest(a: Date | undefined, b: Date | undefined): Date | undefined {
  if (!a || !b) return undefined;
  return a > b ? a : b;
}

function pick(order: readonly string[], from: ReadonlyMap<string, Granted>): readonly Granted[] {
  return order.flatMap((id) => from.get(id) ?? []);
}
