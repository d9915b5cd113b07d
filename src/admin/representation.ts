import type { RelyingParty, StoredObject } from '../relying-parties/index.ts';
import type { AdminDeps } from './deps.ts';
import { isObject } from './merge-patch.ts';
import { entityTag } from './preconditions.ts';
import { type RefOf, withoutSecrets } from './secrets.ts';

/** As the API shows a relying party: its settings, and under `status` what only the broker can say. */
export type Representation = {
  readonly body: Readonly<Record<string, unknown>>;
  /** Absent for what the configuration file owns: it cannot be changed here. */
  readonly etag?: string;
};

export function refOf(deps: Pick<AdminDeps, 'keys'>, id: string): RefOf {
  return (secret) => deps.keys.lookup(`admin/secret/${id}`, secret).slice(0, 16);
}

export function ofStored(
  { id, document, version, createdAt, updatedAt }: StoredObject,
  deps: Pick<AdminDeps, 'keys' | 'schema' | 'inForce'>,
): Representation {
  const settings = withoutSecrets(deps.schema, document ?? { id }, refOf(deps, id));
  const problems = deps.inForce.leftOut.get(id) ?? [];
  const status = {
    origin: 'api',
    inForce: problems.length === 0 && deps.inForce.config.relyingParties.some((party) => party.id === id),
    problems,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
  return { body: { ...(isObject(settings) ? settings : {}), status }, etag: entityTag(version) };
}

/** In outline: the file itself says the rest. */
export function ofFile(party: RelyingParty): Representation {
  const { id, kind, title, description, enabled, hidden, target, roles, scopes } = party;
  return {
    body: {
      ...{ id, kind, title, description, enabled, hidden, scopes },
      ...(target !== undefined && { target }),
      roles: roles.map((role) => ({ id: role.id, title: role.title })),
      status: { origin: 'file', inForce: true, problems: [] },
    },
  };
}
