import { type Problem, systemClock } from '../base/index.ts';
import {
  checkOidcAccess,
  checkSamlParty,
  createClaimEnvironment,
  type OidcCheckContext,
  oidcPartyOf,
} from '../issuing/index.ts';
import { parseObject } from '../platform/config/index.ts';
import { isLoopbackHost } from '../platform/http/index.ts';
import { connectors, type TargetParty } from '../provisioning/index.ts';
import type { RelyingParty, SplitConfig } from '../relying-parties/index.ts';
import type { Configuration } from './config.ts';

/** What the kind of each target and relying party has to say about its settings. */
export function checkKinds(config: Configuration): Problem[] {
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

/** Problems of a part, as problems of the whole. */
export function below(path: string, problems: readonly Problem[]): Problem[] {
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
