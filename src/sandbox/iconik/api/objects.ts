import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { may, permissionsOf, putRow, visibleAssets, visibleCollections } from '../acl.ts';
import { type Asset, type Collection, PERMISSIONS } from '../content.ts';
import type { User } from '../model.ts';
import type { Iconik } from '../server.ts';
import { Id, readBody } from './body.ts';
import { type Answer, type ApiCall, created, FORBIDDEN, type Handler, notFound, ok } from './call.ts';
import { select } from './listing.ts';
import { numberedPage, scrolledPage } from './paging.ts';
import { at } from './user-view.ts';

const Status = z.enum(['ACTIVE', 'HIDDEN', 'DELETED']);
const Title = z.string('Not a valid text').min(1, 'Must not be empty');
const CollectionBody = z
  .object({
    title: Title,
    external_id: z.string().nullable(),
    parent_id: Id.nullable(),
    category: z.string().nullable(),
    storage_id: Id.nullable(),
    status: Status,
    is_root: z.boolean(),
  })
  .partial();
const FILTER = { exact: ['status', 'external_id'], searched: ['title'] };

function showCollection(iconik: Iconik, user: User, collection: Collection): object {
  const { parent_id, id } = collection;
  return {
    ...collection,
    object_type: 'collections',
    is_root: parent_id === null,
    in_collections: parent_id === null ? [] : [parent_id],
    parents: parent_id === null ? [] : [parent_id],
    permissions: permissionsOf(iconik, user, 'collections', id),
    metadata: {},
  };
}

function showAsset(iconik: Iconik, user: User, { still: _still, duration, ...asset }: Asset): object {
  const permissions = permissionsOf(iconik, user, 'assets', asset.id);
  return { ...asset, duration, type: 'ASSET', object_type: 'assets', permissions };
}

/** What the caller may read; what others have is not there. */
export const listCollections: Handler = (call) => {
  const { iconik, caller, query } = call;
  const isRoot = query.get('is_root');
  const all = select(call, visibleCollections(iconik, caller.user), FILTER).filter(
    ({ parent_id }) => isRoot === null || (parent_id === null) === (isRoot === 'true'),
  );
  return scrolledPage(call, all, (each) => showCollection(iconik, caller.user, each));
};

export const listAssets: Handler = (call) => {
  const { iconik, caller } = call;
  const all = select(call, visibleAssets(iconik, caller.user), FILTER);
  return numberedPage(call, all, (each) => showAsset(iconik, caller.user, each));
};

/** Collections and assets in one collection, as far as the caller may read them. */
export const listContents: Handler = (call) => {
  const { iconik, caller, params } = call;
  const { collectionId = '' } = params;
  if (!iconik.store.collections.has(collectionId)) return notFound('Collection');
  if (!may(iconik, caller.user, 'read', 'collections', collectionId)) return FORBIDDEN;
  const inside = [
    ...visibleCollections(iconik, caller.user)
      .filter(({ parent_id }) => parent_id === collectionId)
      .map((each) => showCollection(iconik, caller.user, each)),
    ...visibleAssets(iconik, caller.user)
      .filter(({ in_collections }) => in_collections.includes(collectionId))
      .map((each) => showAsset(iconik, caller.user, each)),
  ];
  return numberedPage(call, inside, (each) => each);
};

const Search = z.object({
  doc_types: z.array(z.string()).default(['assets', 'collections']),
  query: z.string().default(''),
  page: z.int().optional(),
  per_page: z.int().optional(),
});

/** The box at the top of the pages: titles that the caller may read. Page and size are in the body. */
export const search: Handler = (call) => {
  const { iconik, caller } = call;
  const read = readBody(call, Search);
  if (read.outcome === 'refused') return read.answer;
  const { doc_types, query: words, page = 1, per_page = 10 } = read.value;
  const query = new URLSearchParams({ query: words, page: String(page), per_page: String(per_page) });
  const assets = select({ query }, visibleAssets(iconik, caller.user), FILTER);
  const collections = select({ query }, visibleCollections(iconik, caller.user), FILTER);
  const found = [
    ...(doc_types.includes('assets') ? assets.map((each) => showAsset(iconik, caller.user, each)) : []),
    ...(doc_types.includes('collections')
      ? collections.map((each) => showCollection(iconik, caller.user, each))
      : []),
  ];
  return numberedPage({ ...call, query }, found, (each) => each, { facets: {} });
};

type Wanted = 'read' | 'write' | 'delete';

const onCollection =
  (wanted: Wanted, run: (collection: Collection, call: ApiCall) => Answer): Handler =>
  (call) => {
    const collection = call.iconik.store.collections.get(call.params['collectionId'] ?? '');
    if (!collection || collection.status === 'DELETED') return notFound('Collection');
    return may(call.iconik, call.caller.user, wanted, 'collections', collection.id)
      ? run(collection, call)
      : FORBIDDEN;
  };

export const getCollection = onCollection('read', (collection, { iconik, caller }) =>
  ok(showCollection(iconik, caller.user, collection)),
);

export const getAsset: Handler = ({ iconik, caller, params }) => {
  const asset = iconik.store.assets.get(params['assetId'] ?? '');
  if (!asset) return notFound('Asset');
  const isSeen = may(iconik, caller.user, 'read', 'assets', asset.id);
  return isSeen ? ok(showAsset(iconik, caller.user, asset)) : FORBIDDEN;
};

/** Whoever makes an object may do everything with it, unless apply_default_acls is false. */
function giveToMaker({ iconik, caller, query }: ApiCall, object_type: string, object_key: string): void {
  if (query.get('apply_default_acls') === 'false') return;
  const row = { of: 'user' as const, who: caller.user.id, object_type, object_key, permissions: PERMISSIONS };
  putRow(iconik, row, at(iconik));
}

export const createCollection: Handler = (call) => {
  const { iconik, caller } = call;
  const read = readBody(call, CollectionBody.required({ title: true }));
  if (read.outcome === 'refused') return read.answer;
  const { title, external_id = null, parent_id = null, category = null, storage_id = null } = read.value;
  if (parent_id !== null && !iconik.store.collections.has(parent_id)) return notFound('Parent collection');
  const collection: Collection = {
    ...{ id: randomUUID(), title, external_id, parent_id, category, storage_id, project_id: null },
    ...{ status: read.value.status ?? 'ACTIVE', created_by_user: caller.user.id },
    ...{ date_created: at(iconik), date_modified: at(iconik) },
  };
  iconik.store.collections.set(collection.id, collection);
  giveToMaker(call, 'collections', collection.id);
  return created(showCollection(iconik, caller.user, collection));
};

export const changeCollection = onCollection('write', (collection, call) => {
  const { iconik, caller } = call;
  const read = readBody(call, CollectionBody);
  if (read.outcome === 'refused') return read.answer;
  const { is_root: _root, ...fields } = read.value;
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  Object.assign(collection, Object.fromEntries(given), { date_modified: at(iconik) });
  return ok(showCollection(iconik, caller.user, collection));
});

export const removeCollection = onCollection('delete', (collection) => {
  collection.status = 'DELETED';
  return { status: 202 };
});

export const createAsset: Handler = (call) => {
  const { iconik, caller } = call;
  const read = readBody(call, z.object({ title: Title, external_id: z.string().nullable().optional() }));
  if (read.outcome === 'refused') return read.answer;
  const asset: Asset = {
    ...{
      id: randomUUID(),
      title: read.value.title,
      external_id: read.value.external_id ?? null,
      status: 'ACTIVE',
    },
    ...{ duration: '00:10', still: ['#a8b3c7', '#2b3446'], created_by_user: caller.user.id },
    ...{ date_created: at(iconik), date_modified: at(iconik), in_collections: [] },
  };
  iconik.store.assets.set(asset.id, asset);
  giveToMaker(call, 'assets', asset.id);
  return created(showAsset(iconik, caller.user, asset));
};

/** Puts an asset or a collection into a collection. */
export const addContent = onCollection('write', (collection, call) => {
  const read = readBody(call, z.object({ object_id: Id, object_type: z.enum(['assets', 'collections']) }));
  if (read.outcome === 'refused') return read.answer;
  const { object_id, object_type } = read.value;
  const { assets, collections } = call.iconik.store;
  const asset = object_type === 'assets' ? assets.get(object_id) : undefined;
  const child = object_type === 'collections' ? collections.get(object_id) : undefined;
  if (asset) asset.in_collections = [...new Set([...asset.in_collections, collection.id])];
  else if (child) child.parent_id = collection.id;
  else return notFound('Object');
  return created({ collection_id: collection.id, object_id, object_type });
});
