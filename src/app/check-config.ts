import type { Problem } from '../base/index.ts';
import { checkConnections } from '../federation/index.ts';
import { checkMachines, checkOidcResources, checkSamlParties } from '../issuing/index.ts';
import { isLoopbackHost } from '../platform/http/index.ts';
import { checkKeys } from '../platform/keys/index.ts';
import { checkRules } from '../policy/index.ts';
import { checkRegistry } from '../relying-parties/index.ts';
import { below, checkKinds } from './check-kinds.ts';
import { type ConfigFile, type Configuration, expand, partiesElsewhere, policyViews } from './config.ts';
import { accountsIn } from './kinds.ts';

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
