import {
  type Compiled,
  compileExpression,
  createEnvironment,
  type Environment,
  type Evaluation,
  type Expression,
  IDENTITY_FIELDS,
  PERSON_FIELDS,
  type Scope,
  type Tables,
} from '../../expressions/index.ts';
import type { AttributeType } from '../../model/index.ts';
import type { SignOn } from '../issuer.ts';
import { ATTRIBUTE_NAME_FORMATS, NAME_ID_FORMATS, type SamlSettings } from './config.ts';
import { SamlIssuingError } from './errors.ts';

/** What expressions over a sign-in may use: everything an assertion may be made of. */
export function createClaimEnvironment(
  attributes: Readonly<Record<string, AttributeType>>,
  tables: Tables = {},
): Environment {
  return createEnvironment({
    objects: {
      // Built-in fields come last: a declared attribute can never stand in for `person.id`.
      person: { ...attributes, ...PERSON_FIELDS },
      identity: IDENTITY_FIELDS,
      entitlement: { roles: 'list', values: 'list', scopes: 'list' },
      session: { authTime: 'timestamp', ends: 'timestamp', authnContext: 'string', amr: 'list' },
    },
    tables,
  });
}

type AttributeExpression = Expression<'string'> | Expression<'list<string>'>;

export function compileNameId(settings: SamlSettings, environment: Environment): Compiled<'string'> {
  // A name that depends on the hour would be another person at another hour.
  return compileExpression(settings.nameId.value, { environment, result: 'string', mayUseNow: false });
}

export function compileAttribute(
  source: string,
  environment: Environment,
): Compiled<'string'> | Compiled<'list<string>'> {
  const list = compileExpression(source, { environment, result: 'list<string>' });
  if (list.outcome === 'compiled') return list;
  return compileExpression(source, { environment, result: 'string' });
}

export type OutgoingAttribute = {
  readonly name: string;
  readonly nameFormat: string;
  readonly friendlyName?: string;
  readonly values: readonly string[];
};

export type Claims = {
  /** Without a value when it is transient: such a name says nothing about the person. */
  readonly nameId: { readonly value?: string; readonly format: string };
  readonly attributes: readonly OutgoingAttribute[];
};

/** Largest name that peers take (SAML Core 8.3.7). */
const MAX_NAME_ID = 256;

/** Compiles the expressions of one relying party. Expects settings that passed their check. */
export function createClaims(settings: SamlSettings, environment: Environment) {
  const nameId = compileNameId(settings, environment);
  const attributes = settings.attributes.map((attribute) => {
    const compiled = compileAttribute(attribute.value, environment);
    return { ...attribute, expression: compiled.outcome === 'compiled' ? compiled.expression : undefined };
  });

  /** @throws SamlIssuingError `issuing.no_name_id`, `issuing.attribute_missing` */
  return (signOn: Pick<SignOn, 'person' | 'identity' | 'session' | 'entitlement' | 'now'>): Claims => {
    const scope = bind(signOn, settings, environment);
    const { format } = settings.nameId;
    const name = format === 'transient' ? {} : { value: nameOf(nameId, scope) };
    return {
      nameId: { ...name, format: NAME_ID_FORMATS[format] },
      attributes: attributes.flatMap(({ name, nameFormat, friendlyName, required, expression }) => {
        const values = valuesOf(expression, scope);
        if (values.length === 0 && required) {
          throw new SamlIssuingError('issuing.attribute_missing', `there is no value for ${name}`);
        }
        const format = ATTRIBUTE_NAME_FORMATS[nameFormat];
        const friendly = friendlyName === undefined ? {} : { friendlyName };
        return values.length === 0 ? [] : [{ name, nameFormat: format, ...friendly, values }];
      }),
    };
  };
}

function nameOf(nameId: Compiled<'string'>, scope: Scope): string {
  const name: Evaluation<string> =
    nameId.outcome === 'compiled'
      ? nameId.expression.evaluate(scope)
      : { outcome: 'failed', reason: 'the expression is not valid' };
  if (name.outcome === 'failed') throw new SamlIssuingError('issuing.no_name_id', name.reason);
  const value = name.value.trim();
  if (value !== '' && value.length <= MAX_NAME_ID) return value;
  throw new SamlIssuingError('issuing.no_name_id', 'the NameID is empty or too long');
}

/** Empty texts are no values; a failure is none either: a missing detail of the person is no fault. */
function valuesOf(expression: AttributeExpression | undefined, scope: Scope): readonly string[] {
  const result = expression?.evaluate(scope);
  if (result?.outcome !== 'value') return [];
  return [result.value].flat().filter((value) => value !== '');
}

function bind(
  signOn: Pick<SignOn, 'person' | 'identity' | 'session' | 'entitlement' | 'now'>,
  settings: SamlSettings,
  environment: Environment,
): Scope {
  const { attributes, ...fields } = signOn.person;
  const roles = signOn.entitlement.roles.map(({ id }) => id);
  const called = new Map(settings.roles.map(({ id, value }) => [id, value ?? id]));
  return environment.bind({
    objects: {
      person: { ...attributes, ...fields },
      identity: signOn.identity,
      session: signOn.session,
      entitlement: {
        roles,
        values: [...new Set(roles.map((id) => called.get(id) ?? id))],
        scopes: signOn.entitlement.scopes.map(({ id }) => id),
      },
    },
    now: signOn.now,
  });
}
