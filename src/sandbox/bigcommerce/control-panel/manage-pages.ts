import { type Html, html, instant } from '../../html.ts';
import { isActive, type Membership, type PanelUser } from '../account/account.ts';
import { PERMISSIONS, ROLES, roleOf } from '../account/permissions.ts';
import type { PanelVisit } from './entries.ts';
import { panelPage } from './frame.ts';

const SECTIONS: Readonly<Record<string, readonly [title: string, permission: string]>> = {
  orders: ['Orders', 'Manage_Orders'],
  products: ['Products', 'Manage_Products'],
  customers: ['Customers', 'Manage_Customers'],
  'channel-manager': ['Channel manager', 'Read_Channels'],
  settings: ['Settings', 'Manage_Settings'],
};

/** Whether somebody may see and change users. */
export function mayManageUsers({ membership }: PanelVisit): boolean {
  return membership.isOwner || membership.permissions.includes('Edit_Users');
}

/** The page that a deep link ends at: whose control panel this is, and what the person may do here. */
export function dashboardPage(visit: PanelVisit): string {
  const { store, user, membership } = visit;
  const shown = PERMISSIONS.filter((code) => membership.permissions.includes(code));
  return manage(
    visit,
    'Home',
    html`<h1>${store.name}</h1>
<p>You are in the control panel of <strong data-field="store">${store.name}</strong> as <strong data-field="user">${user.email}</strong>.</p>
<dl class="facts">
${fact('hash', 'Store', store.hash)}
${fact('role', 'Role', membership.isOwner ? 'Store Owner' : roleOf(membership.permissions))}
${fact('permissions', 'Permissions', String(shown.length))}
</dl>
<details><summary>All permissions</summary><ul class="codes">${shown.map((code) => html`<li><code>${code}</code></li>`)}</ul></details>`,
  );
}

/** One part of the control panel; undefined where there is none. */
export function sectionPage(visit: PanelVisit, section: string): string | undefined {
  const known = Object.hasOwn(SECTIONS, section) ? SECTIONS[section] : undefined;
  if (!known) return undefined;
  const [title, permission] = known;
  const mayEnter = visit.membership.isOwner || visit.membership.permissions.includes(permission);
  return manage(
    visit,
    title,
    mayEnter
      ? html`<h1>${title}</h1><p>Here would be the ${title.toLowerCase()} of ${visit.store.name}.</p>`
      : html`<h1>${title}</h1><p class="bad" role="alert" data-field="forbidden">You do not have the permission
<code>${permission}</code> in this store.</p>`,
  );
}

export function usersPage(visit: PanelVisit, users: readonly (readonly [PanelUser, Membership])[]): string {
  return manage(
    visit,
    'Users',
    html`<h1>Users</h1><div class="wide"><table>
<thead><tr><th>Name</th><th>E-mail</th><th>Role</th><th>Last sign-in</th></tr></thead>
<tbody>${users.map(
      ([user, membership]) => html`<tr data-user="${user.email}"><td>${nameOf(user)}</td>
<td><a href="/manage/users/${user.id}">${user.email}</a></td>
<td>${membership.isOwner ? 'Store Owner' : roleOf(membership.permissions)}</td>
<td>${membership.lastLoginAt ? instant(membership.lastLoginAt) : 'never'}</td></tr>`,
    )}</tbody></table></div>
<h2>Add a user</h2>
<form class="row" method="post" action="/manage/users"><label for="email">E-mail</label>
<input id="email" name="email" type="email" required> <button>Add user</button></form>`,
  );
}

/** Where a human ticks what no API can set. */
export function userPage(visit: PanelVisit, user: PanelUser, of: Membership, problem?: string): string {
  const ticked = new Set(of.permissions);
  const action = `/manage/users/${user.id}`;
  return manage(
    visit,
    user.email,
    html`<h1>${nameOf(user)}</h1>
${problem !== undefined && html`<p class="bad" role="alert">${problem}</p>`}
<p>${user.email} in ${visit.store.name}: <strong data-field="role">${of.isOwner ? 'Store Owner' : roleOf(of.permissions)}</strong></p>
<h2>Role</h2>
<form class="row" method="post" action="${action}">${Object.keys(ROLES)
      .filter((role) => role !== 'Store Owner')
      .map((role) => html`<button name="role" value="${role}">${role}</button> `)}</form>
<h2>Permissions</h2>
<form method="post" action="${action}"><div class="ticks">${PERMISSIONS.map(
      (code) =>
        html`<label><input type="checkbox" name="permissions" value="${code}"${
          ticked.has(code) && html` checked`
        }> ${code}</label>`,
    )}</div>
<button>Save permissions</button></form>
<form method="post" action="${action}/remove"><button class="quiet">Remove from this store</button></form>`,
  );
}

export function forbiddenPage(visit: PanelVisit, problem: string): string {
  return manage(
    visit,
    'No permission',
    html`<h1>No permission</h1><p class="bad" role="alert">${problem}</p>`,
  );
}

function manage(visit: PanelVisit, title: string, body: Html): string {
  return panelPage({
    title,
    where: visit.store.name,
    corner: html`<form method="post" action="/manage/logout"><span>${visit.user.email}</span> <button>Log out</button></form>`,
    side: html`<nav aria-label="Control panel"><a href="/manage">Home</a>
${Object.entries(SECTIONS).map(([path, [name]]) => html`<a href="/manage/${path}">${name}</a>`)}
${mayManageUsers(visit) && html`<a href="/manage/users">Users</a>`}</nav>`,
    body,
  });
}

function nameOf(user: PanelUser): string {
  const name = [user.firstName, user.lastName].filter((part) => part !== null).join(' ');
  return isActive(user) ? name : `${name || user.email} (invited)`;
}

function fact(field: string, label: string, value: string): Html {
  return html`<div><dt>${label}</dt><dd data-field="${field}">${value}</dd></div>`;
}
