import type { Entry } from './directory.ts';
import { type Filter, parseFilter } from './filter.ts';
import { lookUp, matches } from './match.ts';
import { bad } from './problem.ts';
import { type Attributes, isObject } from './read.ts';
import { findPlace, type ResourceType } from './resource-type.ts';
import type { Scim } from './scim.ts';
import { fullView, readWanted, select } from './view.ts';

type Query = Readonly<Record<string, string | undefined>>;

/** A ListResponse (RFC 7644 3.4.2): filter, order, page, attributes. @throws ScimProblem */
export function listResources(scim: Scim, type: ResourceType, query: Query): object {
  const wanted = readWanted(query);
  const isIgnored = scim.positions().scimFilters === 'ignored';
  const { filter: text } = query;
  const filter = text === undefined || isIgnored ? undefined : parseFilter(text);
  checkFilter(scim, filter);
  const found = findResources(scim, type, filter, query);
  const page = pageOf(scim, found, query);
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: found.length,
    ...page.facts,
    itemsPerPage: page.items.length,
    Resources: page.items.map(({ view }) => select(type, view(), wanted)),
  };
}

/** A resource of a list; it is made ready to be shown when somebody looks. */
type Found = { readonly id: string; view(): Attributes };

function findResources(
  scim: Scim,
  type: ResourceType,
  filter: Filter | undefined,
  query: Query,
): readonly Found[] {
  const found = candidates(scim, type, filter)
    .filter((entry) => isListed(scim, entry))
    .map((entry): Found => {
      let shown: Attributes | undefined;
      return {
        id: entry.id,
        view: () => {
          shown ??= fullView(scim, entry);
          return shown;
        },
      };
    });
  const wanted = filter === undefined ? found : found.filter(({ view }) => matches(type, view(), filter));
  return sorted(type, wanted, query);
}

function checkFilter(scim: Scim, filter: Filter | undefined): void {
  const { scimFilters } = scim.positions();
  if (filter === undefined || scimFilters === 'all') return;
  const isUserName =
    filter.kind === 'compare' && filter.op === 'eq' && filter.path.toLowerCase() === 'username';
  if (scimFilters === 'none') throw bad('invalidFilter', 'This server does not filter.');
  if (!isUserName) throw bad('invalidFilter', 'This server only filters by userName eq.');
}

/** Looking for one account by its name or its externalId need not look at all of them. */
function candidates(scim: Scim, type: ResourceType, filter: Filter | undefined): readonly Entry[] {
  const directory = scim.directory();
  const isEqual = type.id === 'User' && filter?.kind === 'compare' && filter.op === 'eq';
  if (!isEqual || typeof filter.value !== 'string') return directory.all(type.id);
  const { path, value } = filter;
  if (path.toLowerCase() === 'externalid') {
    return directory.all('User').filter(({ attributes }) => attributes['externalId'] === value);
  }
  if (path.toLowerCase() !== 'username') return directory.all('User');
  const entry = directory.byUserName(value);
  return entry ? [entry] : [];
}

/** Some servers search in a copy that is a little behind. */
function isListed(scim: Scim, { created }: Entry): boolean {
  const { scimListDelaySeconds: delay } = scim.positions();
  return delay === 0 || scim.clock.now().getTime() - created.getTime() >= delay * 1_000;
}

function sorted(type: ResourceType, found: readonly Found[], query: Query): readonly Found[] {
  const path = query['sortBy'];
  if (path === undefined) return found;
  if (!findPlace(type, path)) throw bad('invalidPath', `There is no attribute ${path}.`);
  const sign = query['sortOrder']?.toLowerCase() === 'descending' ? -1 : 1;
  const keyed = found.map((each) => ({ each, key: sortKey(type, each.view(), path) }));
  // What has no value is last when ascending (RFC 7644 3.4.2.3).
  const order = (left: string | undefined, right: string | undefined): number => {
    if (left === right) return 0;
    if (left === undefined || right === undefined) return left === undefined ? 1 : -1;
    return left < right ? -1 : 1;
  };
  return keyed.sort((left, right) => sign * order(left.key, right.key)).map(({ each }) => each);
}

function sortKey(type: ResourceType, resource: Attributes, path: string): string | undefined {
  const { attribute, values } = lookUp(type, resource, path);
  const chosen = values.find((each) => isObject(each) && each['primary'] === true) ?? values[0];
  const value = isObject(chosen) ? chosen['value'] : chosen;
  if (value === undefined) return undefined;
  return attribute.caseExact ? String(value) : String(value).toLowerCase();
}

type Page = { readonly items: readonly Found[]; readonly facts: object };

function pageOf(scim: Scim, found: readonly Found[], query: Query): Page {
  const { scimPageCap, scimPaging } = scim.positions();
  const count = Math.min(scimPageCap, Math.max(0, integer(query, 'count') ?? scimPageCap));
  const cursor = query['cursor'];
  const byCursor = scimPaging === 'cursor' || (scimPaging === 'both' && cursor !== undefined);
  if (!byCursor) {
    const asked = integer(query, 'startIndex') ?? 1;
    const startIndex = scimPaging === 'stuck' ? 1 : Math.max(1, asked);
    return { items: found.slice(startIndex - 1, startIndex - 1 + count), facts: { startIndex } };
  }
  const start = cursor === undefined || cursor === '' ? 0 : positionAfter(found, cursor);
  const items = found.slice(start, start + count);
  const last = items.at(-1);
  const isMore = start + count < found.length && last !== undefined;
  return { items, facts: isMore ? { nextCursor: cursorAfter(last) } : {} };
}

/** Opaque to clients: it names the last resource of the page before. */
function cursorAfter({ id }: Found): string {
  return Buffer.from(`after:${id}`).toString('base64url');
}

function positionAfter(found: readonly Found[], cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const index = found.findIndex(({ id }) => text === `after:${id}`);
  if (index === -1) throw bad('invalidCursor', 'This cursor is unknown.');
  return index + 1;
}

function integer(query: Query, name: string): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  if (!/^-?\d+$/.test(text)) throw bad('invalidValue', `${name} is no integer.`);
  return Number(text);
}
