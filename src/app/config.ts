import { z } from 'zod';
import { DAY, MINUTE } from '../base/index.ts';
import { Tables } from '../expressions/index.ts';
import { ConnectionConfig } from '../federation/index.ts';
import { MachineConfig } from '../issuing/index.ts';
import { ATTRIBUTE_TYPES } from '../model/index.ts';
import { duration, url } from '../platform/config/index.ts';
import { KeysConfig } from '../platform/keys/index.ts';
import { type PolicyRelyingParty, RuleConfig } from '../policy/index.ts';
import { type SplitConfig, splitShorthand, targetSchema } from '../relying-parties/index.ts';
import { kinds, RelyingPartyConfig } from './kinds.ts';

const AttributeName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'use letters, digits and _');

/** The configuration file: the sections of all rooms (DESIGN §4). */
export const ConfigFile = z.strictObject({
  publicUrl: url().describe('Where browsers reach the broker; every URL of ours is built from it.'),
  allowInsecureLoopback: z
    .boolean()
    .default(false)
    .describe('Allows plain http for localhost, *.localhost and loopback addresses. For trying out only.'),
  organisation: z.string().min(1).max(100).optional().describe('Shown on every page.'),
  trustedProxies: z
    .array(z.string().min(1))
    .default([])
    .describe('Addresses or subnets of proxies whose X-Forwarded-For counts.'),
  outbound: z
    .strictObject({
      allow: z.array(z.string().min(1)).default([]).describe('Private hosts that foreign URLs may name.'),
    })
    .prefault({}),
  session: z
    .strictObject({
      lifetime: duration({ min: 5 * MINUTE, max: 7 * DAY })
        .prefault('10h')
        .describe('From sign-in; whatever the upstream says, a session ends then at the latest.'),
    })
    .prefault({})
    .describe('Upper limits of a session with us.'),
  limits: z
    .strictObject({
      beginsPerMinute: z.int().min(1).default(6_000).describe('Sign-ins begun from one address.'),
      entriesPerMinute: z.int().min(1).default(120).describe('Entries of one person into stores and apps.'),
    })
    .prefault({}),
  accessLog: z
    .strictObject({
      checkpointFile: z.string().min(1).optional().describe('Checkpoints are also appended to this file.'),
    })
    .prefault({}),
  keys: KeysConfig,
  attributes: z
    .record(AttributeName, z.enum(ATTRIBUTE_TYPES))
    .default({})
    .describe('What rules may ask of a person, with its type.'),
  tables: Tables.default({}),
  connections: z
    .array(ConnectionConfig)
    .min(1, 'name at least one connection; without it nobody can sign in'),
  targets: z.array(targetSchema(kinds)).default([]),
  relyingParties: z.array(RelyingPartyConfig).default([]),
  machines: z
    .array(MachineConfig)
    .default([])
    .describe('Programs that sign in for themselves at the OpenID provider (client_credentials).'),
  rules: z.array(RuleConfig).default([]),
});
export type ConfigFile = z.output<typeof ConfigFile>;

/** The file with its shorthands expanded, and with what was made over the API. */
export type Configuration = Omit<ConfigFile, 'targets' | 'relyingParties'> &
  SplitConfig & {
    /** Relying parties of the API that are deleted or do not fit: rules may name them, and nobody enters. */
    readonly absent: readonly string[];
  };

export function expand(file: ConfigFile): Configuration {
  return { ...file, ...splitShorthand(kinds, file.relyingParties, file.targets), absent: [] };
}

/** A relying party that was made over the API, in the same two parts as those of the file. */
export function expandObject(parsed: z.output<typeof RelyingPartyConfig>): SplitConfig {
  return splitShorthand(kinds, [parsed], []);
}

/** Relying parties that rules name and the file does not have. */
export function partiesElsewhere({ rules, relyingParties }: Configuration): readonly string[] {
  const own = new Set(['*', ...relyingParties.map(({ id }) => id)]);
  const named = rules.flatMap(({ give = [], cap = [], deny = [] }) => [...give, ...cap, ...deny]);
  return [...new Set(named.map(({ relyingParty }) => relyingParty))].filter((id) => !own.has(id));
}

/** What policy must know of the relying parties; of absent ones just enough for rules to name them. */
export function policyViews({ relyingParties, absent, rules }: Configuration): PolicyRelyingParty[] {
  const present = relyingParties.map(({ id, kind, roles, scopes, enabled }) => ({
    ...{ id, kind, scopes },
    roles: roles.map((role) => role.id),
    disabled: !enabled,
  }));
  const closed = absent.map((id) => ({
    ...{ id, kind: 'absent', disabled: true },
    roles: rolesNamed(rules, id),
  }));
  return [...present, ...closed];
}

function rolesNamed(rules: Configuration['rules'], id: string): string[] {
  return rules
    .flatMap(({ give = [], cap = [] }) => [...give, ...cap])
    .flatMap(({ relyingParty, roles = [] }) => (relyingParty === id && roles !== '*' ? roles : []));
}
