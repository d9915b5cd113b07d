import {
  createEnvironment,
  type Environment,
  IDENTITY_FIELDS,
  PERSON_FIELDS,
  type Scope,
  type Tables,
} from '../expressions/index.ts';
import type { AttributeType, IdentityFacts, Person } from '../model/index.ts';

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
