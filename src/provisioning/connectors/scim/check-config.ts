import type { Problem } from '../../../base/index.ts';
import type { ConfigContext } from '../../connector/connector.ts';
import { KNOWN_ATTRIBUTES, placeOf } from './attributes.ts';
import type { ScimTarget } from './config.ts';
import { SOURCES, sourcesIn } from './person-source.ts';
import { userFields } from './user-image.ts';

/** What the schema cannot see. Paths are relative to the target. */
export function checkScimTarget(settings: ScimTarget, context: ConfigContext): readonly Problem[] {
  return [
    ...checkUrl(settings),
    ...checkCredentials(settings),
    ...checkSources('userName', settings.userName, context),
    ...Object.entries(settings.attributes).flatMap(([key, mapping]) => [
      ...checkAttribute(key),
      ...checkSources(`attributes.${key}`, mapping, context),
    ]),
    ...checkAuthority(settings),
    ...checkGroups(settings),
    ...checkLadder(settings),
  ];
}

function checkUrl({ baseUrl }: ScimTarget): readonly Problem[] {
  if (baseUrl.search === '') return [];
  return [{ path: 'baseUrl', message: 'remove the query; give the root of the endpoints only' }];
}

function checkCredentials({ tokens, oauth, tokenHeader }: ScimTarget): readonly Problem[] {
  const problems: Problem[] = [];
  if (!tokens && !oauth) {
    problems.push({ path: 'tokens', message: 'missing; give tokens, or oauth with a client' });
  }
  if (tokens && oauth) problems.push({ path: 'tokens', message: 'give either tokens or oauth, not both' });
  if (tokenHeader && RESERVED_HEADERS.includes(tokenHeader.toLowerCase())) {
    problems.push({
      path: 'tokenHeader',
      message: 'this header has another use; leave it out or name another',
    });
  }
  return problems;
}

const RESERVED_HEADERS = [
  ...['accept', 'connection', 'content-length', 'content-type', 'cookie', 'expect', 'host', 'if-match'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'user-agent'],
];

function checkAttribute(key: string): readonly Problem[] {
  if (placeOf(key)) return [];
  const message = OWN_MEANING.includes(key.toLowerCase())
    ? 'has a setting or a meaning of its own; remove it here'
    : `unknown attribute; use ${KNOWN_ATTRIBUTES.join(', ')}`;
  return [{ path: `attributes.${key}`, message }];
}

const OWN_MEANING = [
  ...['username', 'externalid', 'active', 'emails', 'addresses', 'groups', 'password'],
  ...['id', 'meta', 'schemas', 'mail', 'address'],
];

function checkSources(path: string, mapping: string, context: ConfigContext): readonly Problem[] {
  const sources = sourcesIn(mapping);
  if (sources.length === 0) {
    return [{ path, message: 'a template needs a value of the person in braces, such as {login}' }];
  }
  return sources
    .filter((source) => !isKnownSource(source, context))
    .map((source) => ({
      path,
      message: `unknown source "${source}"; use ${SOURCES.join(', ')} or a declared attribute as attributes.NAME`,
    }));
}

function isKnownSource(source: string, { attributes }: ConfigContext): boolean {
  if (SOURCES.includes(source)) return true;
  return source.startsWith('attributes.') && Object.hasOwn(attributes, source.slice('attributes.'.length));
}

function checkAuthority(settings: ScimTarget): readonly Problem[] {
  const details = Object.entries(userFields(settings)).filter(([, { kind }]) => kind === 'detail');
  const known = details.map(([name]) => name).filter((name) => name !== 'externalId');
  return Object.keys(settings.authority)
    .filter((field) => !known.includes(field))
    .map((field) => ({
      path: `authority.${field}`,
      message: `unknown field; use one of ${known.join(', ')}`,
    }));
}

function checkGroups({ groupsBy, createGroups }: ScimTarget): readonly Problem[] {
  if (groupsBy !== 'id' || !createGroups) return [];
  return [
    {
      path: 'createGroups',
      message: 'ids are given by the server; name groups by displayName or externalId',
    },
  ];
}

function checkLadder({ ladder }: ScimTarget): readonly Problem[] {
  const { removeGroups, delete: deleteAfter } = ladder;
  if (removeGroups === undefined || deleteAfter === undefined || removeGroups <= deleteAfter) return [];
  return [{ path: 'ladder.delete', message: 'comes before removeGroups; make it later' }];
}
