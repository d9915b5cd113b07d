import { z } from 'zod';
import { DAY, MINUTE, type Problem, systemClock } from '../base/index.ts';
import { Tables } from '../expressions/index.ts';
import { ConnectionConfig, checkConnections } from '../federation/index.ts';
import {
  checkMachines,
  checkOidcAccess,
  checkOidcResources,
  checkSamlParties,
  checkSamlParty,
  controlPanelKind,
  createClaimEnvironment,
  MachineConfig,
  type OidcCheckContext,
  oidcKind,
  oidcPartyOf,
  samlKinds,
} from '../issuing/index.ts';
import { ATTRIBUTE_TYPES } from '../model/index.ts';
import { duration, parseObject, url } from '../platform/config/index.ts';
import { isLoopbackHost } from '../platform/http/index.ts';
import { checkKeys, KeysConfig } from '../platform/keys/index.ts';
import { checkRules, type PolicyRelyingParty, RuleConfig } from '../policy/index.ts';
import { connectors, type TargetParty } from '../provisioning/index.ts';
import {
  checkRegistry,
  type KindShape,
  type RelyingParty,
  relyingPartySchema,
  type SplitConfig,
  splitShorthand,
  targetSchema,
} from '../relying-parties/index.ts';

/** Kinds of relying parties, as their connectors and issuers describe them. */
const kinds: readonly KindShape[] = [
  ...[...connectors.values()].map(
    (connector): KindShape => ({
      kind: connector.kind,
      target: connector.targetConfig as z.ZodObject,
      ...(connector.accessConfig && { access: connector.accessConfig as z.ZodObject }),
    }),
  ),
  ...[oidcKind, ...samlKinds, controlPanelKind].map((shape) => ({
    ...shape,
    accountsIn: accountsIn(shape.kind),
  })),
];

/** One relying party, wherever it was written. */
export const RelyingPartyConfig = relyingPartySchema(kinds);

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

/** Problems that only show across objects; each with its path and what to do. */
export function checkConfiguration(file: ConfigFile): Problem[] {
  return problemsOf(expand(file));
}

/**
 * The same before the database was asked: a rule may name a relying party that was made over the API. Whether it is
 * there shows when both are put together (`compose`).
 */
export function checkFile(file: ConfigFile): Problem[] {
  const config = expand(file);
  return problemsOf({ ...config, absent: partiesElsewhere(config) });
}

/** Relying parties that rules name and the file does not have. */
export function partiesElsewhere({ rules, relyingParties }: Configuration): readonly string[] {
  const own = new Set(['*', ...relyingParties.map(({ id }) => id)]);
  const named = rules.flatMap(({ give = [], cap = [], deny = [] }) => [...give, ...cap, ...deny]);
  return [...new Set(named.map(({ relyingParty }) => relyingParty))].filter((id) => !own.has(id));
}

export function problemsOf(config: Configuration): Problem[] {
  return [
    ...checkPublicUrl(config),
    ...checkConnections(config.connections, config),
    ...checkReservedIds(config),
    ...checkKeys(config.keys),
    ...checkPrimary(config),
    ...checkRegistry(config, accountsIn),
    ...checkKinds(config),
    ...checkSamlParties(config.relyingParties),
    ...checkOidcResources(config.relyingParties, config.publicUrl),
    ...below('machines', checkMachines(config.machines, new Set(config.relyingParties.map(({ id }) => id)))),
    ...checkRules(config.rules, {
      attributes: config.attributes,
      tables: config.tables,
      relyingParties: policyViews(config),
    }),
  ];
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

function checkPublicUrl({ publicUrl, allowInsecureLoopback }: Configuration): Problem[] {
  const problems: Problem[] = [];
  const isInsecure = publicUrl.protocol === 'http:';
  if (isInsecure && !(allowInsecureLoopback && isLoopbackHost(publicUrl.hostname))) {
    problems.push({
      path: 'publicUrl',
      message:
        'plain http is allowed for localhost only, and only with allowInsecureLoopback: true; use https',
    });
  }
  if (publicUrl.pathname !== '/' || publicUrl.search) {
    problems.push({
      path: 'publicUrl',
      message: 'give scheme, host and port only; the broker owns the whole host',
    });
  }
  return problems;
}

const RESERVED_IDS = ['continue', 'request'];

/** Ids that would collide with our own paths below /login/. */
function checkReservedIds({ connections }: Configuration): Problem[] {
  return connections.flatMap(({ id }, index) =>
    RESERVED_IDS.includes(id)
      ? [{ path: `connections[${index}].id`, message: `${id} is a path of ours; use another id` }]
      : [],
  );
}

/** With several connections it must be said whose groups keep their plain names (R1.2). */
function checkPrimary({ connections }: Configuration): Problem[] {
  const primary = connections.filter((connection) => connection.primary);
  if (primary.length <= 1) return [];
  return [
    { path: 'connections', message: 'more than one is primary; groups of one connection keep plain names' },
  ];
}

function checkKinds(config: Configuration): Problem[] {
  const context = {
    attributes: config.attributes,
    allowInsecureLoopback: config.allowInsecureLoopback,
    relyingParties: new Set(config.relyingParties.map(({ id }) => id)),
    environment: createClaimEnvironment(config.attributes, config.tables),
    now: systemClock.now(),
  };
  const targets = config.targets.flatMap((target, index) => {
    const connector = connectors.get(target.kind);
    const path = `targets[${index}]`;
    return [
      ...below(
        path,
        connector?.checkTarget(target.settings, { ...context, parties: partiesOf(target.id, config) }) ?? [],
      ),
      ...insecureUrls(target.settings, path, config.allowInsecureLoopback),
    ];
  });
  const parties = config.relyingParties.flatMap((party, index) => {
    const connector = connectors.get(party.kind);
    const path = `relyingParties[${index}]`;
    return [
      ...below(path, connector?.checkAccess?.(party.access) ?? []),
      ...below(path, checkAccountsOfRoles(party, config)),
      ...(connector ? insecureUrls(party.access, path, config.allowInsecureLoopback) : []),
      ...checkOidc(party, path, context),
      ...below(path, checkSamlParty(party, context)),
    ];
  });
  return [...targets, ...parties];
}

/** What a target may compare itself with: the ways into it, as their kinds parsed them. */
function partiesOf(target: string, config: Configuration): TargetParty[] {
  return config.relyingParties
    .filter((party) => party.target === target)
    .map(({ id, access, roles }) => ({
      ...{ id, access },
      roles: roles.map(({ id: role, account }) => ({ id: role, account })),
    }));
}

/** Kinds of targets in which people of such a relying party may have accounts. */
function accountsIn(kind: string): readonly string[] {
  return [...connectors.values()].filter(({ serves }) => serves.includes(kind)).map((each) => each.kind);
}

/** What a role stands for is the target's to say (R4.5). */
function checkAccountsOfRoles(party: RelyingParty, { targets }: SplitConfig): Problem[] {
  const target = targets.find(({ id }) => id === party.target);
  return party.roles.flatMap(({ account }, index) => {
    const path = `roles[${index}].account`;
    const schema = connectors.get(target?.kind ?? '')?.roleConfig;
    if (schema) {
      const parsed = parseObject(account ?? {}, schema);
      return parsed.outcome === 'parsed' ? [] : below(path, parsed.problems);
    }
    if (account === undefined) return [];
    return [{ path, message: 'means nothing here; remove it, or name a target that knows it' }];
  });
}

function checkOidc(party: RelyingParty, path: string, context: OidcCheckContext): Problem[] {
  const application = oidcPartyOf(party);
  return application ? below(path, checkOidcAccess(application.access, context)) : [];
}

function below(path: string, problems: readonly Problem[]): Problem[] {
  return problems.map((problem) => ({
    ...problem,
    path: problem.path.startsWith('[') ? `${path}${problem.path}` : `${path}.${problem.path}`,
  }));
}

/** Plain http anywhere in a target or relying party needs loopback and permission (R2.7). */
function insecureUrls(value: unknown, path: string, allowed: boolean): Problem[] {
  if (value instanceof URL) {
    if (value.protocol === 'https:' || (allowed && isLoopbackHost(value.hostname))) return [];
    return [
      {
        path,
        message: 'plain http is allowed for localhost only, with allowInsecureLoopback: true; use https',
      },
    ];
  }
  if (Array.isArray(value)) return value.flatMap((item, i) => insecureUrls(item, `${path}[${i}]`, allowed));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => insecureUrls(member, `${path}.${key}`, allowed));
}
