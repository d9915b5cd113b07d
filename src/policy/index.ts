/**
 * policy: from rules to entitlements. Given a person, the login that the decision leans on, and an instant, it says
 * what the person may enter, with which roles and scopes, until when, and why (R3.1, R4).
 *
 *   RuleConfig[] ── checkRules ──▶ problems with paths          (at save, at start, in `vestibule check`)
 *   RuleConfig[] ── createPolicy ──▶ decide / decideAll ──▶ Decision
 *
 * Owns: the shape of rules, their check, and how gives, caps, denies, ends and windows combine. Pure and
 * synchronous: no clock, no database, no log. Rules give entitlements directly and are never stored as grants
 * (R4.3); access grants are a room of their own. Never decides by role or relying-party kind, and never turns a
 * failing expression into access: a `when` that fails gives nothing, a `deny` denies, a `cap` caps, an `until`
 * means no access (R4.1).
 *
 * Neighbours: `expressions` evaluates, `base` knows windows, `reconcile` asks and applies.
 */

export { IDENTITY_FIELDS, PERSON_FIELDS } from '../expressions/index.ts';
export { checkRules } from './check.ts';
export { Attributes, RuleConfig } from './config.ts';
export type { PolicyInput, PolicyRelyingParty } from './input.ts';
export { createPolicy, type Policy, type PolicyRequest } from './policy.ts';
