import { z } from 'zod';
import { ATTRIBUTE_TYPES } from '../model/index.ts';

/** What rules may ask of a person beyond the built-in fields (R4.1): name to type. */
export const Attributes = z
  .record(z.string(), z.enum(ATTRIBUTE_TYPES))
  .describe('Attributes of a person that rules may ask for: { region: string, contractEnd: timestamp }');
export type Attributes = z.infer<typeof Attributes>;

const RoleId = z.string().min(1).max(100);
const Scope = z.string().min(1).max(200);
const RelyingPartyId = z.string().min(1).max(100);
const Sentence = z.string().min(1).max(500);
const ExpressionText = z.string().min(1);

const Give = z
  .strictObject({
    relyingParty: RelyingPartyId.describe('Id of the relying party that may be entered.'),
    roles: z.array(RoleId).default([]).describe('Roles, as the relying party declares them.'),
    scopes: z.array(Scope).optional().describe('Scopes for tokens at this relying party.'),
    scopesFrom: ExpressionText.optional().describe(
      'CEL expression that gives a list of scopes: tables.region[person.region]',
    ),
    until: ExpressionText.optional().describe(
      'Last day (2026-12-31, included), an instant with zone, or a CEL expression that gives an instant: person.contractEnd',
    ),
    windows: z
      .array(z.string())
      .optional()
      .describe('Times of day at which the access is open: Mon-Fri 08:00-18:00 Europe/Berlin'),
    timeZone: z.string().optional().describe('Zone in which a last day ends. Default: that of the rule.'),
  })
  .describe('Access that a rule gives.');

const AllowedRoles = z.union([z.literal('*'), z.array(RoleId)]);
const AllowedScopes = z.union([z.literal('*'), z.array(Scope)]);

const Cap = z
  .strictObject({
    relyingParty: RelyingPartyId.describe('Id of a relying party that stays allowed.'),
    roles: AllowedRoles.optional().describe('Roles that stay allowed there; "*" for all.'),
    scopes: AllowedScopes.optional().describe('Scopes that stay allowed there; "*" for all.'),
  })
  .describe('One line of an allow-list over everything; what no line names is taken away.');

const Deny = z
  .strictObject({
    relyingParty: RelyingPartyId.describe('Id of the relying party that is closed; "*" for all.'),
    reason: Sentence.optional().describe('Sentence for the page of the person who is refused.'),
  })
  .describe('Access that a rule takes away, whatever other rules give.');

/** One rule as written in configuration (DESIGN §7). */
export const RuleConfig = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'an id is lower-case letters, digits and -')
      .describe('Stable name; events and decisions refer to it.'),
    title: z.string().max(100).optional().describe('Name for pages; default is the id.'),
    description: z.string().max(2_000).optional().describe('For those who maintain the rule.'),
    explain: Sentence.optional().describe(
      'Sentence for the page of a person whom this rule does not let in: who is meant, and whom to ask.',
    ),
    when: ExpressionText.describe('CEL expression over person, identity, now and tables.'),
    give: z.array(Give).optional(),
    cap: z.array(Cap).optional(),
    deny: z.array(Deny).optional(),
    timeZone: z.string().optional().describe('Zone in which the last days of this rule end. Default UTC.'),
  })
  .describe('Who gets what: when the condition holds, give, cap and deny apply.');
export type RuleConfig = z.infer<typeof RuleConfig>;

export type GiveConfig = z.infer<typeof Give>;
export type CapConfig = z.infer<typeof Cap>;
export type DenyConfig = z.infer<typeof Deny>;
