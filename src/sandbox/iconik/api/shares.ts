import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { may } from '../acl.ts';
import type { Share, ShareUser } from '../content.ts';
import { iconikDate, readIconikDate } from '../model.ts';
import type { Iconik } from '../server.ts';
import { userByEmail } from '../users.ts';
import { holds } from './access.ts';
import { hasObject } from './acl-objects.ts';
import { Id, readBody } from './body.ts';
import {
  type Answer,
  type ApiCall,
  created,
  FORBIDDEN,
  type Handler,
  invalid,
  NO_CONTENT,
  notFound,
  ok,
} from './call.ts';
import { select } from './listing.ts';
import { cursorPage, scrolledPage } from './paging.ts';
import { at } from './user-view.ts';

const allow = z.boolean('Not a valid boolean');
const Allows = {
  allow_comments: allow,
  allow_approving_comments: allow,
  allow_download: allow,
  allow_setting_approve_status: allow,
};
const Common = { title: z.string().nullable().optional(), expires: z.string().nullable().optional() };
const NewShare = z.object({
  ...{ ...Allows, ...Common, emails: z.array(z.email('Not a valid email address')) },
  ...{ message: z.string().optional(), password: z.string().nullable().optional() },
});
const NewUrl = NewShare.omit({ emails: true });
const Removal = z.object({ share_ids: z.array(Id) });
const FILTER = { exact: ['title', 'object_type', 'object_id', 'owner_id'], searched: ['title'] };

function show({ needs, store }: Iconik, share: Share): object {
  const { users: _users, allows, expires, ...rest } = share;
  return {
    ...{ ...rest, ...allows, expires: expires && iconikDate(expires) },
    url: needs.url('iconik', `/share/${share.id}/`),
    system_domain_id: store.systemDomainId,
  };
}

/** Lists of shares name the people; lists of one object's shares do not. */
function showListed(iconik: Iconik, share: Share): object {
  const { collections, assets } = iconik.store;
  const object = collections.get(share.object_id) ?? assets.get(share.object_id);
  const users = share.users.map(({ id, email, access_count, last_access_date }) => ({
    ...{ id, email, access_count, last_access_date },
  }));
  return { ...show(iconik, share), object_title: object?.title ?? null, users };
}

const showUser = ({ id, object_type, object_id }: Share, user: ShareUser): object => ({
  ...{ ...user, share_id: id, object_type, object_id },
});

function listed(call: ApiCall, shares: readonly Share[]): Answer {
  const member = call.query.get('member_id');
  const found = select(call, shares, FILTER).filter(
    ({ users }) => member === null || users.some((user) => user.internal_user_id === member),
  );
  return scrolledPage(call, found, (share) => showListed(call.iconik, share), { facets: {} });
}

/** The caller's own; with include_member_of also those that the caller received. */
export const listOwnShares: Handler = (call) => {
  const { iconik, caller, query } = call;
  const withReceived = query.get('include_member_of') === 'true';
  const isReceived = ({ users }: Share): boolean =>
    users.some((user) => user.internal_user_id === caller.user.id);
  const all = [...iconik.store.shares.values()];
  return listed(
    call,
    all.filter((share) => share.owner_id === caller.user.id || (withReceived && isReceived(share))),
  );
};

export const listAllShares: Handler = (call) => listed(call, [...call.iconik.store.shares.values()]);

const onObject =
  (run: (type: string, id: string, call: ApiCall) => Answer): Handler =>
  (call) => {
    const { objectType = '', objectId = '' } = call.params;
    return hasObject(call.iconik, objectType, objectId)
      ? run(objectType, objectId, call)
      : notFound('Object');
  };

export const listSharesOf = onObject((type, id, call) => {
  const shares = [...call.iconik.store.shares.values()].filter(
    ({ object_type, object_id }) => object_type === type && object_id === id,
  );
  return cursorPage(
    call,
    shares,
    (share) => share.id,
    (share) => show(call.iconik, share),
  );
});

/** With mail addresses, who get a message; or as an address alone, for whoever has it. */
const shareObject = (isUrl: boolean): Handler =>
  onObject((object_type, object_id, call) => {
    const { iconik, caller } = call;
    const read = readBody(
      call,
      isUrl ? NewUrl.extend({ emails: z.array(z.string()).default([]) }) : NewShare,
    );
    if (read.outcome === 'refused') return read.answer;
    const { title = null, expires: until, emails, message: _message, password, ...allows } = read.value;
    const expires = until ? readIconikDate(until) : null;
    if (expires === undefined) return invalid(iconik, { expires: 'Not a valid datetime' });
    if (!may(iconik, caller.user, 'read', object_type, object_id)) return FORBIDDEN;
    const users = emails.map((email) => newShareUser(iconik, email));
    const share: Share = {
      ...{ id: randomUUID(), title, object_type, object_id, owner_id: caller.user.id, expires },
      ...{ allows, has_password: Boolean(password), users, date_created: at(iconik) },
    };
    iconik.store.shares.set(share.id, share);
    for (const { email } of users) iconik.store.mails.push({ to: email, what: 'share' });
    return isUrl ? ok(show(iconik, share)) : { status: 202, body: { ...show(iconik, share), url: null } };
  });
export const createShare = shareObject(false);
export const createShareUrl = shareObject(true);

function newShareUser(iconik: Iconik, email: string): ShareUser {
  const internal = userByEmail(iconik, email);
  const fields = { id: randomUUID(), email, internal_user_id: internal?.id ?? null };
  return { ...fields, access_count: 0, last_access_date: null };
}

const onShare =
  (run: (share: Share, call: ApiCall) => Answer): Handler =>
  (call) => {
    const { shareId = '', objectId } = call.params;
    const share = call.iconik.store.shares.get(shareId);
    return share?.object_id === objectId && share ? run(share, call) : notFound('Share');
  };

export const getShare = onShare((share, { iconik }) =>
  ok({ ...show(iconik, share), users: share.users.map((user) => showUser(share, user)) }),
);

const Change = z.object({ ...Allows, ...Common }).partial();

export const changeShare = onShare((share, call) => {
  const read = readBody(call, Change);
  if (read.outcome === 'refused') return read.answer;
  const { title, expires, ...allows } = read.value;
  const until = expires ? readIconikDate(expires) : null;
  if (until === undefined) return invalid(call.iconik, { expires: 'Not a valid datetime' });
  if (title !== undefined) share.title = title;
  if (expires !== undefined) share.expires = until;
  for (const [name, value] of Object.entries(allows)) {
    if (value !== undefined) share.allows = { ...share.allows, [name]: value };
  }
  return ok(show(call.iconik, share));
});

export const removeShare = onShare((share, { iconik }) => {
  iconik.store.shares.delete(share.id);
  return NO_CONTENT;
});

/** All of them or none. Another owner's share needs can_manage_all_shares. */
export const removeShares: Handler = (call) => {
  const { iconik, caller } = call;
  const read = readBody(call, Removal);
  if (read.outcome === 'refused') return read.answer;
  const shares = read.value.share_ids.map((id) => iconik.store.shares.get(id));
  const isFree = holds(iconik, caller, 'can_manage_all_shares') && call.path.endsWith('/all/');
  if (shares.some((share) => !share)) return notFound('Share');
  if (!isFree && shares.some((share) => share?.owner_id !== caller.user.id)) return FORBIDDEN;
  for (const id of read.value.share_ids) iconik.store.shares.delete(id);
  return NO_CONTENT;
};

export const listShareUsers = onShare((share, call) =>
  cursorPage(
    call,
    share.users,
    ({ id }) => id,
    (user) => showUser(share, user),
  ),
);

export const addShareUser = onShare((share, call) => {
  const read = readBody(call, z.object({ email: z.email('Not a valid email address') }));
  if (read.outcome === 'refused') return read.answer;
  const user = newShareUser(call.iconik, read.value.email);
  share.users.push(user);
  return created(showUser(share, user));
});

export const getShareUser = onShare((share, { params }) => {
  const user = share.users.find(({ id }) => id === params['shareUserId']);
  return user ? ok(showUser(share, user)) : notFound('Share user');
});

export const removeShareUser = onShare((share, { params }) => {
  const user = share.users.find(({ id }) => id === params['shareUserId']);
  if (!user) return notFound('Share user');
  share.users = share.users.filter((each) => each !== user);
  return NO_CONTENT;
});
