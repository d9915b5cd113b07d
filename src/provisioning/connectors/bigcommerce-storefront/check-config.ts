import type { Problem } from '../../../base/index.ts';
import { MARKER_ATTRIBUTE } from '../../bigcommerce/customer-fields.ts';
import type { ConfigContext } from '../../connector/connector.ts';
import { PERSON_SOURCES } from '../../connector/person-values.ts';
import { checkLadder } from './check-ladder.ts';
import { MARKER_SOURCE, type StorefrontAccess, type StorefrontTarget } from './config.ts';

/** A store has no more customer attributes than this; ours is one of them. */
const MOST_ATTRIBUTES = 50;
const AUTHORITY_FIELDS = ['mail', 'name', 'company', 'phone', 'address'];

/** What the schema cannot see. Paths are relative to the target. */
export function checkStorefrontTarget(
  settings: StorefrontTarget,
  context: ConfigContext,
): readonly Problem[] {
  return [
    ...checkStableId(settings.attributes),
    ...checkSources(settings, context),
    ...checkAuthority(settings),
    ...checkCredentials(settings),
    ...checkProvision(settings),
    ...checkLadder(settings, context.parties ?? []),
  ];
}

/** A login token names the customer by number, so the customer must be there before it is made (DESIGN §6). */
function checkProvision({ provision }: StorefrontTarget): readonly Problem[] {
  if (provision === 'before-sign-in') return [];
  return [
    {
      path: 'provision',
      message:
        'a store cannot be entered before the customer exists, because the login token names its number; write before-sign-in',
    },
  ];
}

/** The link between person and customer is an id that never changes; mail changes and is reassigned (S18, R1.3). */
function checkStableId(attributes: StorefrontTarget['attributes']): readonly Problem[] {
  const source = attributes[MARKER_ATTRIBUTE];
  const path = `attributes.${MARKER_ATTRIBUTE}`;
  if (source === undefined) {
    return [
      { path, message: `missing; the stable id is mandatory, add ${MARKER_ATTRIBUTE}: ${MARKER_SOURCE}` },
    ];
  }
  if (source !== MARKER_SOURCE) {
    return [
      {
        path,
        message: `"${source}" is not a stable id, it can change; write ${MARKER_ATTRIBUTE}: ${MARKER_SOURCE}`,
      },
    ];
  }
  return [];
}

function checkSources(
  { attributes, formFields }: StorefrontTarget,
  context: ConfigContext,
): readonly Problem[] {
  const problems: Problem[] = [];
  if (Object.keys(attributes).length > MOST_ATTRIBUTES) {
    problems.push({
      path: 'attributes',
      message: `too many; a store has at most ${MOST_ATTRIBUTES} customer attributes`,
    });
  }
  for (const [kind, sources] of Object.entries({ attributes, formFields })) {
    for (const [name, source] of Object.entries(sources)) {
      const isMarker = kind === 'attributes' && name === MARKER_ATTRIBUTE;
      if (isMarker || isKnownSource(source, context)) continue;
      problems.push({
        path: `${kind}.${name}`,
        message: `unknown source "${source}"; use ${PERSON_SOURCES.join(', ')} or a declared attribute as attributes.NAME`,
      });
    }
  }
  return problems;
}

function isKnownSource(source: string, context: ConfigContext): boolean {
  if (PERSON_SOURCES.some((known) => known === source)) return true;
  return (
    source.startsWith('attributes.') && Object.hasOwn(context.attributes, source.slice('attributes.'.length))
  );
}

function checkAuthority({ authority, attributes, formFields }: StorefrontTarget): readonly Problem[] {
  const mapped = Object.keys(attributes).filter((name) => name !== MARKER_ATTRIBUTE);
  const known = [
    ...AUTHORITY_FIELDS,
    ...mapped.map((name) => `attributes.${name}`),
    ...Object.keys(formFields).map((name) => `formFields.${name}`),
  ];
  return Object.keys(authority)
    .filter((field) => !known.includes(field))
    .map((field) => ({
      path: `authority.${field}`,
      message: `unknown field; use one of ${known.join(', ')}`,
    }));
}

/** A token account that can also sign logins would turn a leaked token into a key to every customer. */
function checkCredentials({ login, api }: StorefrontTarget): readonly Problem[] {
  const signing = new Set(login.map(({ clientId }) => clientId));
  return api.flatMap(({ clientId }, index) =>
    clientId !== undefined && signing.has(clientId)
      ? [
          {
            path: `api[${index}].clientId`,
            message: 'also signs logins; make a separate API account for customers',
          },
        ]
      : [],
  );
}

/** Problems of one storefront. Paths are relative to the relying party. */
export function checkStorefrontAccess(access: StorefrontAccess): readonly Problem[] {
  const seen = new Set<string>();
  return access.roles.flatMap(({ id, b2b, customerGroup }, index) => {
    const twice = seen.has(id);
    seen.add(id);
    const problems: Problem[] = [];
    if (twice)
      problems.push({ path: `roles[${index}].id`, message: `"${id}" is declared twice; remove one` });
    if (b2b && customerGroup !== undefined) {
      problems.push({
        path: `roles[${index}].customerGroup`,
        message: 'B2B Edition decides the customer group of these people; remove it, or remove b2b',
      });
    }
    return problems;
  });
}
