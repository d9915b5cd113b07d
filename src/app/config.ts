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
import { duration, url } from '../platform/config/index.ts';
import { isLoopbackHost } from '../platform/http/index.ts';
import { checkKeys, KeysConfig } from '../platform/keys/index.ts';
import { checkRules, RuleConfig } from '../policy/index.ts';
import { connectors } from '../provisioning/index.ts';
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
  ...[...connectors.values()].map((connector) => ({
    kind: connector.kind,
    access: connector.accessConfig as z.ZodObject,
    target: connector.targetConfig as z.ZodObject,
  })),
  oidcKind,
  ...samlKinds,
  controlPanelKind,
];

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
  relyingParties: z.array(relyingPartySchema(kinds)).default([]),
  machines: z
    .array(MachineConfig)
    .default([])
    .describe('Programs that sign in for themselves at the OpenID provider (client_credentials).'),
  rules: z.array(RuleConfig).default([]),
});
export type ConfigFile = z.output<typeof ConfigFile>;

/** The file with its shorthands expanded. */
export type Configuration = Omit<ConfigFile, 'targets' | 'relyingParties'> & SplitConfig;

export function expand(file: ConfigFile): Configuration {
  return { ...file, ...splitShorthand(kinds, file.relyingParties, file.targets) };
}

/** Problems that only show across objects; each with its path and what to do. */
export function checkConfiguration(file: ConfigFile): Problem[] {
  const config = expand(file);
  return [
    ...checkPublicUrl(config),
    ...checkConnections(config.connections, config),
    ...checkReservedIds(config),
    ...checkKeys(config.keys),
    ...checkPrimary(config),
    ...checkRegistry(config),
    ...checkKinds(config),
    ...checkSamlParties(config.relyingParties),
    ...checkOidcResources(config.relyingParties, config.publicUrl),
    ...below('machines', checkMachines(config.machines, new Set(config.relyingParties.map(({ id }) => id)))),
    ...checkRules(config.rules, {
      attributes: config.attributes,
      tables: config.tables,
      relyingParties: config.relyingParties.map(policyView),
    }),
  ];
}

/** What policy must know of a relying party. */
export function policyView(party: RelyingParty) {
  const { id, kind, roles, scopes, enabled } = party;
  return { id, kind, roles: roles.map((role) => role.id), scopes, disabled: !enabled };
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
      ...below(path, connector?.checkTarget(target.settings, context) ?? []),
      ...insecureUrls(target.settings, path, config.allowInsecureLoopback),
    ];
  });
  const parties = config.relyingParties.flatMap((party, index) => {
    const connector = connectors.get(party.kind);
    const path = `relyingParties[${index}]`;
    return [
      ...below(path, connector?.checkAccess(party.access) ?? []),
      ...(connector ? insecureUrls(party.access, path, config.allowInsecureLoopback) : []),
      ...checkOidc(party, path, context),
      ...below(path, checkSamlParty(party, context)),
    ];
  });
  return [...targets, ...parties];
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
