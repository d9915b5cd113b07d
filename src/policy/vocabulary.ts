import {
  createEnvironment,
  type Environment,
  type FieldShape,
  type Scope,
  type Tables,
} from '../expressions/index.ts';
import type { AttributeType, IdentityFacts, Person } from '../model/index.ts';

/** What rules may ask of every person; declared attributes come on top (R4.1). */
export const PERSON_FIELDS = {
  id: 'string',
  login: 'string',
  mail: 'string',
  givenName: 'string',
  familyName: 'string',
  displayName: 'string',
  department: 'string',
  company: 'string',
  status: 'string',
  groups: { type: 'list', maxItems: 2_000 },
} as const satisfies Record<string, FieldShape>;

/** What rules may ask of the login that the decision leans on. */
export const IDENTITY_FIELDS = {
  connection: 'string',
  issuer: 'string',
  authTime: 'timestamp',
  confirmedAt: 'timestamp',
  authnContext: 'string',
  amr: 'list',
} as const satisfies Record<string, FieldShape>;

export function createVocabulary(
  attributes: Readonly<Record<string, AttributeType>>,
  tables: Tables,
): Environment {
  // Built-in fields come last: a declared attribute can never stand in for `person.groups`.
  return createEnvironment({
    objects: { person: { ...attributes, ...PERSON_FIELDS }, identity: IDENTITY_FIELDS },
    tables,
  });
}

/** Without an identity (a person prepared before the first sign-in) every `identity.…` has no value. */
export function bindRequest(
  environment: Environment,
  request: { readonly person: Person; readonly identity?: IdentityFacts | undefined; readonly now: Date },
): Scope {
  const { attributes, ...fields } = request.person;
  return environment.bind({
    objects: { person: { ...attributes, ...fields }, identity: request.identity },
    now: request.now,
  });
}
