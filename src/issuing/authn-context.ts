import { strengthOf, UNSPECIFIED_CONTEXT } from '../model/index.ts';

const COMPARISONS = ['exact', 'minimum', 'maximum', 'better'] as const;
type Comparison = (typeof COMPARISONS)[number];

/** How a relying party wants people to have signed in: SAML class references, or values of OpenID Connect's `acr`. */
export type RequestedContext = {
  readonly comparison: Comparison;
  readonly classes: readonly string[];
};

export function isComparison(text: string): text is Comparison {
  return (COMPARISONS as readonly string[]).includes(text);
}

/** Can such a demand be judged at all? One that cannot is refused before anybody signs in. */
export function isComparable({ comparison, classes }: RequestedContext): boolean {
  if (classes.length === 0) return false;
  return comparison === 'exact' || classes.every((name) => strengthOf(name) !== undefined);
}

/** Does the way in which the person signed in satisfy the demand (SAML Core 3.3.2.2.1)? */
export function satisfies(actual: string | undefined, { comparison, classes }: RequestedContext): boolean {
  const context = actual ?? UNSPECIFIED_CONTEXT;
  if (comparison === 'exact') return classes.includes(context);
  const strength = strengthOf(context);
  const wanted = classes.flatMap((name) => strengthOf(name) ?? []);
  if (strength === undefined || wanted.length === 0 || wanted.length < classes.length) return false;
  if (comparison === 'minimum') return strength >= Math.min(...wanted);
  if (comparison === 'maximum') return strength <= Math.max(...wanted);
  return strength > Math.max(...wanted);
}
