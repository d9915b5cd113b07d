import type { Response } from 'express';
import { type Html, html, instant } from '../html.ts';
import { endpointsOf, type Salesforce } from './server.ts';
import type { SignedIn } from './session.ts';
import type { Challenge, LoginRow } from './store.ts';
import { profileOf, userById } from './users.ts';

function frame(title: string, body: Html, who?: SignedIn): string {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Salesforce</title>
<link rel="stylesheet" href="/assets/salesforce.css">
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<header><a class="logo" href="/" aria-label="Salesforce, Halden">${CLOUD}<span>Halden</span></a>
${who && navigation(who)}</header>
<main id="content">
${body}
</main>
<footer>Simulated for demos and tests. <a href="/setup/loginHistory">Login History</a> · <a href="/mailbox">Mailbox</a> · <a href="/setup/sso">Single Sign-On Settings</a></footer>
</body>
</html>
`.text;
}

const CLOUD = html`<svg viewBox="0 0 48 32" aria-hidden="true"><path d="M13 29a9 9 0 0 1-2-17.8A11 11 0 0 1 30 6.4 9 9 0 0 1 42 13a8.2 8.2 0 0 1-3 16z" fill="currentColor"/></svg>`;

function navigation({ user }: SignedIn): Html {
  const initials = `${user.FirstName?.slice(0, 1) ?? ''}${user.LastName.slice(0, 1)}`.toUpperCase();
  return html`<nav aria-label="Sales"><a href="/lightning/page/home">Home</a> <a href="/lightning/o/Account/list?filterName=Recent">Accounts</a>
<a href="/lightning/o/Opportunity/list?filterName=Recent">Opportunities</a></nav>
<div class="who" data-signed-in="${user.Username}"><span class="face" aria-hidden="true">${initials}</span>
<span>${user['Name']}</span> <a href="/secur/logout.jsp">Log out</a></div>`;
}

const ACCOUNTS = [
  ['Brightline Agency', 'Dublin', 'Content retainer', '€ 48,000'],
  ['Nordhafen Hotels', 'Hamburg', 'Stoneware for nine houses', '€ 126,500'],
  ['Prairie Outfitters', 'Chicago', 'Wool throws, autumn', '$ 61,200'],
  ['Maison Rhône', 'Lyon', 'Copper pans, restock', '€ 22,900'],
] as const;

/** Home and every record page: what was asked for, and who the product thinks is in front of it. */
export function lightningPage(salesforce: Salesforce, who: SignedIn, address: string): string {
  const { user, session } = who;
  const isHome = address === '/lightning/page/home';
  return frame(
    isHome ? 'Home' : 'Record',
    html`<h1>${isHome ? `Welcome, ${user.FirstName || user.LastName}` : 'Record page'}</h1>
<p class="soft">Opened <code data-field="address">${address}</code></p>
<div class="columns"><section class="card"><h2>Opportunities</h2><div class="wide"><table>
<thead><tr><th>Account</th><th>City</th><th>Opportunity</th><th class="number">Amount</th></tr></thead>
<tbody>${ACCOUNTS.map(
      ([account, city, name, amount]) =>
        html`<tr><td>${account}</td><td>${city}</td><td>${name}</td><td class="number">${amount}</td></tr>`,
    )}</tbody></table></div></section>
<section class="card"><h2>You in Salesforce</h2><dl>
${fact('name', 'Name', String(user['Name']))}
${fact('username', 'Username', user.Username)}
${fact('federation-id', 'Federation ID', user.FederationIdentifier ?? 'none')}
${fact('profile', 'Profile', String(profileOf(salesforce.store, user)?.['Name'] ?? 'none'))}
${fact('email', 'Email', user.Email)}
${fact('ends', 'Session ends', instant(session.ends))}
</dl></section></div>`,
    who,
  );
}

function fact(field: string, label: string, value: string | Html): Html {
  return html`<div><dt>${label}</dt><dd data-field="${field}">${value}</dd></div>`;
}

/** My Domain's login page where single sign-on does not start by itself. */
export function choicePage(wanted: string, samlEnabled: boolean): string {
  return frame(
    'Log In',
    html`<div class="card narrow"><h1>Log in to Halden</h1>
${samlEnabled ? html`<p><a class="button" href="/?sso&amp;startURL=${encodeURIComponent(wanted)}">Log in with Halden single sign-on</a></p>` : html`<p>Single sign-on is switched off.</p>`}
<p class="soft">Passwords are not accepted in this simulation.</p></div>`,
  );
}

/** The one page for every failed single sign-on; the reason stays in Login History. */
export function sendFailurePage(res: Response, status = 401): void {
  res.status(status).send(
    frame(
      'Single Sign-On Error',
      html`<div class="card narrow"><h1>Single Sign-On Error</h1>
<p role="alert">We can’t log you in because of an issue with single sign-on. Contact your Salesforce admin for help.</p>
<p><a class="button" href="/">Try again</a></p></div>`,
    ),
  );
}

export function verificationPage(
  { store }: Salesforce,
  { session, remembers }: Challenge,
  id: string,
  wrong: boolean,
): string {
  const email = userById(store, session.userId)?.Email ?? '';
  const masked = email.replace(/^(.)[^@]*/, '$1*****');
  return frame(
    'Verify Your Identity',
    html`<form class="card narrow" method="post" action="/_ui/identity/verification"><h1>Verify Your Identity</h1>
<p>${remembers ? 'You are logging in from a browser that we do not know.' : 'Your sign-in did not prove a second factor.'}
We sent a code to <b>${masked}</b>.</p>
${wrong && html`<p class="bad" role="alert">That code is not right. Check it and try again.</p>`}
<label for="code">Verification Code</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required autofocus>
<input type="hidden" name="c" value="${id}"><button>Verify</button>
<p class="soft">In this simulation every mail lands in the <a href="/mailbox" target="_blank">mailbox</a>.</p></form>`,
  );
}

export function mailboxPage({ store }: Salesforce): string {
  return frame(
    'Mailbox',
    html`<h1>Mailbox</h1>${store.mails.length === 0 && html`<p>No mail yet.</p>`}
<ol class="plain">${store.mails.toReversed().map(
      ({ to, subject, code }) => html`<li class="card"><p class="soft">To ${to}: ${subject}</p>
<p>Verification code: <b data-field="code">${code}</b></p></li>`,
    )}</ol>`,
  );
}

export function provisioningErrorPage(query: Readonly<Record<string, unknown>>): string {
  const text = (name: string): string => String(query[name] ?? '');
  return frame(
    'SAML Provisioning Error',
    html`<div class="card narrow"><h1>We can’t set up your user</h1>
<dl>${fact('code', 'Error code', text('ErrorCode'))}${fact('description', 'Description', text('ErrorDescription'))}${fact('details', 'Details', text('ErrorDetails'))}</dl></div>`,
  );
}

export function loggedOutPage(): string {
  return frame(
    'Logged Out',
    html`<div class="card narrow"><h1>You are logged out</h1><p><a class="button" href="/">Log in again</a></p></div>`,
  );
}

export function historyPage({ store }: Salesforce): string {
  return frame(
    'Login History',
    html`<h1>Login History</h1><div class="card wide"><table>
<thead><tr><th>Login Time</th><th>User</th><th>Login Type</th><th>Status</th><th>Context class, methods</th><th>Note of the simulation</th></tr></thead>
<tbody>${store.history
      .slice(-50)
      .toReversed()
      .map((row) => historyRow(row, userById(store, row.UserId ?? '')?.Username))}</tbody>
</table></div>`,
  );
}

function historyRow(row: LoginRow, username: string | undefined): Html {
  const strength = [row.AuthContextClassRef?.split(':').at(-1), row.AuthMethodReference].filter(Boolean);
  return html`<tr><td>${row.LoginTime}</td><td>${username ?? ''}</td><td>${row.LoginType}</td>
<td class="${row.Status !== 'Success' && 'bad'}">${row.Status}</td><td>${strength.join(', ')}</td><td>${row.note ?? ''}</td></tr>`;
}

export function settingsPage(salesforce: Salesforce): string {
  const { entityId, acs, slo } = endpointsOf(salesforce);
  return frame(
    'Single Sign-On Settings',
    html`<h1>Single Sign-On Settings</h1><div class="card"><dl>
${fact('entity-id', 'Entity ID', entityId)}
${fact('login-url', 'Login URL', acs)}
${fact('logout-url', 'Logout URL', slo)}
${fact('organization', 'Organization ID', salesforce.store.organizationId)}
</dl><p><a class="button" href="/setup/sso/metadata.xml">Download Metadata</a></p></div>`,
  );
}
