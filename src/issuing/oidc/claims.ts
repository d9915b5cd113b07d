import type { Problem } from '../../base/index.ts';
import {
  compileExpression,
  createEnvironment,
  type Environment,
  type Expression,
} from '../../expressions/index.ts';
import type { AttributeType } from '../../model/index.ts';
import type { OidcParty } from './parties.ts';
import type { Rights } from './rights.ts';

/** Written by us alone, whatever a configuration says. */
const RESERVED = new Set([
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'nonce', 'auth_time', 'acr', 'amr', 'azp', 'sid'],
  ...['at_hash', 'c_hash', 's_hash', 'client_id', 'scope', 'cnf', 'events', 'act', 'may_act'],
]);

const TEXT = [
  'id',
  'login',
  'mail',
  'givenName',
  'familyName',
  'displayName',
  'department',
  'company',
  'phone',
];

export type ClaimValue = string | readonly string[];
type ClaimExpression = Expression<'string'> | Expression<'list<string>'>;

/** Configured claims of relying parties. Compiled once for each configuration object. */
export interface ConfiguredClaims {
  /** A claim without a value is left out; the rest stand. */
  of(client: OidcParty, rights: Rights, now: Date): Readonly<Record<string, ClaimValue>>;
  /** Paths are relative to the relying party. */
  check(claims: Readonly<Record<string, string>>): readonly Problem[];
}

export function createClaims(attributes: Readonly<Record<string, AttributeType>>): ConfiguredClaims {
  const environment = createEnvironment({
    objects: {
      person: {
        ...attributes,
        ...Object.fromEntries(TEXT.map((name) => [name, 'string' as const])),
        groups: { type: 'list', maxItems: 2_000 },
      },
      identity: {
        ...{ connection: 'string', issuer: 'string', authnContext: 'string', amr: 'list' },
        ...{ authTime: 'timestamp', confirmedAt: 'timestamp' },
      },
      entitlement: { roles: 'list', scopes: 'list' },
      session: { authnContext: 'string', amr: 'list', authTime: 'timestamp', ends: 'timestamp' },
    },
  });
  const compiled = new WeakMap<object, ReadonlyMap<string, ClaimExpression>>();
  const expressionsOf = ({ access }: OidcParty): ReadonlyMap<string, ClaimExpression> => {
    const known = compiled.get(access) ?? compileAll(access.claims, environment);
    compiled.set(access, known);
    return known;
  };
  return {
    of(client, rights, now) {
      const scope = environment.bind({ objects: objectsOf(rights), now });
      const values = [...expressionsOf(client)].flatMap(([name, expression]) => {
        const result = expression.evaluate(scope);
        return result.outcome === 'value' ? [[name, result.value] as const] : [];
      });
      return Object.fromEntries(values);
    },
    check: (claims) =>
      Object.entries(claims).flatMap(([name, source]) => problemsOf(name, source, environment)),
  };
}

function objectsOf({
  person,
  identity,
  entitlement,
  scopes,
  session,
}: Rights): Parameters<Environment['bind']>[0]['objects'] {
  const { attributes, ...fields } = person;
  return {
    person: { ...attributes, ...fields },
    identity,
    entitlement: { roles: entitlement.roles.map(({ id }) => id), scopes },
    session,
  };
}

function compileAll(
  claims: Readonly<Record<string, string>>,
  environment: Environment,
): ReadonlyMap<string, ClaimExpression> {
  const expressions = Object.entries(claims).flatMap(([name, source]) => {
    const compiled = RESERVED.has(name) ? undefined : compile(source, environment);
    return compiled?.outcome === 'compiled' ? [[name, compiled.expression] as const] : [];
  });
  return new Map(expressions);
}

function compile(source: string, environment: Environment) {
  const text = compileExpression(source, { environment, result: 'string', mayUseNow: false });
  if (text.outcome === 'compiled') return text;
  const list = compileExpression(source, { environment, result: 'list<string>', mayUseNow: false });
  return list.outcome === 'compiled' ? list : text;
}

function problemsOf(name: string, source: string, environment: Environment): Problem[] {
  const path = `claims.${name}`;
  if (RESERVED.has(name)) return [{ path, message: 'is set by the broker itself; choose another name' }];
  // All names go into one object of the library, which reads its `constructor`: one application would take the others' claims.
  if (name in Object.prototype) return [{ path, message: 'is a word of JavaScript; choose another name' }];
  const compiled = compile(source, environment);
  if (compiled.outcome === 'compiled') return [];
  return compiled.problems.map(({ message, line, column }) => ({
    path,
    message: `line ${line}, column ${column}: ${message}; a claim is a string or a list<string>`,
  }));
}
