import { html } from '../../html.ts';
import type { Account, PanelUser } from '../account/account.ts';
import { roleOf } from '../account/permissions.ts';
import { panelPage } from './frame.ts';

const WHERE = 'BigCommerce';

export function loginPage(account: Account, to: string, hasFailed: boolean): string {
  return panelPage({
    title: 'Log in',
    where: WHERE,
    body: html`<div class="narrow"><h1>Log in to your store</h1>
${hasFailed && html`<p class="bad" role="alert">The e-mail address or password is not right.</p>`}
<form method="post" action="/login"><input type="hidden" name="to" value="${to}">
<label for="email">E-mail</label><input id="email" name="email" type="email" autocomplete="username" required>
<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Log in</button></form>
<p class="soft">People of ${account.name} use the password of the demo. <a href="/mail">Messages that were sent</a></p></div>`,
  });
}

/** Which of their stores somebody wants; `section` is the end of the address there. */
export function storesPage(account: Account, user: PanelUser, section: string): string {
  const theirs = account.stores.filter(({ hash }) => user.stores.has(hash));
  return panelPage({
    title: 'Your stores',
    where: WHERE,
    corner: signOutCorner(user),
    body: html`<h1>Your stores</h1>
${theirs.length === 0 && html`<p class="bad" data-field="no-store">You have no access to any store of ${account.name}.</p>`}
<ul class="stores">${theirs.map(
      ({ hash, name }) => html`<li><a href="/stores/${hash}/manage${section}">${name}</a>
<span class="soft">${roleOf(user.stores.get(hash)?.permissions ?? [])}</span></li>`,
    )}</ul>`,
  });
}

export function noAccessPage(account: Account, user: PanelUser, hash: string): string {
  const name = account.stores.find((store) => store.hash === hash)?.name ?? hash;
  return panelPage({
    title: 'No access',
    where: WHERE,
    corner: signOutCorner(user),
    body: html`<h1>No access</h1>
<p class="bad" role="alert">${user.email} is no user of the store ${name}.</p><p><a href="/stores">Your stores</a></p>`,
  });
}

export function invitationPage(account: Account, user: PanelUser): string {
  return panelPage({
    title: 'Invitation',
    where: WHERE,
    body: html`<div class="narrow"><h1>Welcome to ${account.name}</h1>
<p>Tell us your name, ${user.email}; your password will be that of the demo.</p>
<form method="post" action="/invitations/${user.invitation}">
<label for="first">First name</label><input id="first" name="firstName" required>
<label for="last">Last name</label><input id="last" name="lastName" required>
<button>Accept the invitation</button></form></div>`,
  });
}

export function mailPage(account: Account): string {
  return panelPage({
    title: 'Messages',
    where: WHERE,
    body: html`<h1>Messages that were sent</h1>
${account.mails.length === 0 && html`<p>None yet.</p>`}
<ul>${account.mails
      .toReversed()
      .map(({ to, subject, link }) => html`<li>${to}: <a href="${link}">${subject}</a></li>`)}</ul>`,
  });
}

export function missingPage(): string {
  return panelPage({ title: 'Not found', where: WHERE, body: html`<h1>There is no such page</h1>` });
}

function signOutCorner({ email }: PanelUser) {
  return html`<form method="post" action="/logout"><span>${email}</span> <button>Log out</button></form>`;
}
