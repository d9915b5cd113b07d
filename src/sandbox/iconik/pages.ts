import type { Response } from 'express';
import { day, type Html, html, instant } from '../html.ts';
import { contentOf, visibleAssets, visibleCollections } from './acl.ts';
import type { Asset } from './content.ts';
import { trustOf } from './identity-providers.ts';
import { rolesOf } from './roles.ts';
import type { Iconik } from './server.ts';
import type { SignedIn } from './session.ts';

type Frame = { readonly title: string; readonly who?: SignedIn; readonly here?: string };

function frame({ title, who, here }: Frame, body: Html): string {
  const link = (to: string, text: string): Html =>
    html`<a href="${to}"${to === here && html` aria-current="page"`}>${text}</a>`;
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · iconik</title>
<link rel="stylesheet" href="/assets/iconik.css">
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<header class="side"><a class="logo" href="/">iconik</a>
<nav aria-label="iconik">${link('/', 'Library')} ${link('/admin/settings/sso', 'Single sign-on')}</nav>
${who && corner(who)}
</header>
<main id="content">
${body}
<footer>Simulated for demos and tests. Nothing here is stored or streamed.</footer>
</main>
</body>
</html>
`.text;
}

function corner({ user }: SignedIn): Html {
  const initials = `${user.first_name.slice(0, 1)}${user.last_name.slice(0, 1)}`.toUpperCase();
  return html`<div class="who" data-signed-in="${user.email}">
<span class="face" aria-hidden="true">${initials}</span>
<span>${user.first_name} ${user.last_name}<small>${user.email}</small></span>
<form method="post" action="/logout"><button class="quiet">Sign out</button></form></div>`;
}

/** The part of the media library that this user may see, and who the product thinks is in front of it. */
export function homePage(iconik: Iconik, who: SignedIn): string {
  const { user } = who;
  const collections = visibleCollections(iconik, user);
  const assets = visibleAssets(iconik, user);
  return frame(
    { title: 'Library', who, here: '/' },
    html`<h1>Library</h1>
${assets.length === 0 && html`<p data-field="empty">Nothing here is shared with you.</p>`}
<ul class="clips">${assets.map(clip)}</ul>
<section aria-labelledby="you"><h2 id="you">You in iconik</h2>
<dl class="facts">
${fact('collections', 'Collections', collections.map(({ title }) => title).join(', ') || 'none')}
${aboutUser(iconik, who)}
</dl></section>`,
  );
}

function aboutUser(iconik: Iconik, { user, session }: SignedIn): readonly Html[] {
  const name = (id: string | null): string => iconik.store.groups.get(id ?? '')?.name ?? 'none';
  const power = user.is_admin ? 'all, as administrator' : rolesOf(iconik, user).length.toString();
  return [
    fact('name', 'Name', `${user.first_name} ${user.last_name}`.trim()),
    fact('email', 'E-mail', user.email),
    fact('type', 'User type', user.type),
    fact('groups', 'Groups', user.groups.map(name).join(', ') || 'none'),
    fact('primary-group', 'Primary group', name(user.primary_group)),
    fact('roles', 'Roles', power),
    fact('status', 'Status', user.status),
    fact('made', 'Made by', user.system_metadata.saml_created ? 'first sign-on' : 'an administrator'),
    fact('ends', 'Session ends', instant(session.ends)),
  ];
}

/** What people outside see by the address that was sent to them, without any account, until the share ends. */
export function sharePage(iconik: Iconik, id: string): { readonly status: number; readonly page: string } {
  const { store, needs } = iconik;
  const share = store.shares.get(id);
  const isOver = share?.expires && share.expires <= needs.clock.now();
  if (!share || isOver) {
    const text = isOver ? 'This share has expired.' : 'There is no such share.';
    const body = html`<div class="card"><h1>Shared with you</h1><p class="note bad" role="alert">${text}</p></div>`;
    return { status: isOver ? 410 : 404, page: frame({ title: 'Share' }, body) };
  }
  const inside = [share.object_id, ...contentOf(iconik, [share.object_id]).assets];
  const films = inside.flatMap((each) => store.assets.get(each) ?? []);
  const until = share.expires && html`<p>Until ${day(share.expires)}.</p>`;
  return {
    status: 200,
    page: frame(
      { title: 'Share' },
      html`<h1>${share.title ?? 'Shared with you'}</h1>${until}<ul class="clips">${films.map(clip)}</ul>`,
    ),
  };
}

function clip({ title, duration, still: [light, dark] }: Asset, index: number): Html {
  return html`<li data-asset="${title}"><svg viewBox="0 0 160 90" role="img" aria-label="Still of ${title}">
<defs><linearGradient id="g${index}" x1="0" y1="0" x2="1" y2="1"><stop stop-color="${light}"/><stop offset="1" stop-color="${dark}"/></linearGradient></defs>
<rect width="160" height="90" fill="url(#g${index})"/>
<circle cx="${30 + index * 18}" cy="${62 - (index % 3) * 14}" r="${14 + (index % 3) * 5}" fill="#fff" fill-opacity=".22"/>
<path d="M0 ${74 - index * 3} Q 50 ${50 + index * 2} 90 70 T 160 ${58 + index * 3} V 90 H 0 Z" fill="#000" fill-opacity=".28"/></svg>
<span>${title}</span><small>${duration}</small></li>`;
}

function fact(field: string, label: string, value: string | Html): Html {
  return html`<div><dt>${label}</dt><dd data-field="${field}">${value}</dd></div>`;
}

const NOTES = {
  'signed-out': 'You are signed out of iconik.',
  unknown: 'Nobody with this address signs in here.',
} as const;

export function loginPage(note: keyof typeof NOTES | undefined): string {
  return frame(
    { title: 'Sign in' },
    html`<form class="card" method="post" action="/login"><h1>Sign in to iconik</h1>
${note !== undefined && html`<p class="note" role="status">${NOTES[note]}</p>`}
<label for="email">E-mail</label>
<input id="email" name="email" type="email" autocomplete="username" required autofocus>
<button>Continue</button>
<p class="soft">Your organisation decides how you prove who you are.</p></form>`,
  );
}

/** What an administrator sees while setting up single sign-on, with the log of what arrived. */
export function signOnPage(iconik: Iconik): string {
  const { identityProviders, domains, logins } = iconik.store;
  return frame(
    { title: 'Single sign-on', here: '/admin/settings/sso' },
    html`<h1>Single sign-on</h1>
${identityProviders.size === 0 && html`<p>There is no identity provider.</p>`}
${[...identityProviders.values()].map((record) => {
  const { entityId, acs, start, slo } = trustOf(iconik, record);
  const own = [...domains].filter(([, id]) => id === record.id).map(([domain]) => domain);
  return html`<h2>${record.settings?.name ?? 'Set up by hand'}</h2><dl class="facts">
${fact('entity-id', 'Entity id and metadata', entityId)}
${fact('acs', 'Assertion consumer service', acs)}
${fact('start', 'Sign-on address', start)}
${fact('slo', 'Single logout', slo)}
${fact('domains', 'Mail domains', own.join(', ') || 'none')}
</dl>`;
})}
<h2>Verbose log</h2>
${logins.length === 0 && html`<p>Nobody has tried yet.</p>`}
<ol class="log" reversed>${logins
      .slice(-20)
      .toReversed()
      .map(
        ({ at, outcome, email, problem, created }) =>
          html`<li class="${outcome}"><time>${at}</time> ${email ?? 'nobody'}: ${
            problem ?? (created ? 'signed in, user made' : 'signed in')
          }</li>`,
      )}</ol>`,
  );
}

/** iconik's error body. */
export function sendErrors(res: Response, status: number, error: string): void {
  res.status(status).json({ errors: [error] });
}

/** What the browser gets when sign-on or sign-out cannot be done. */
export function sendFailure(iconik: Iconik, res: Response, status: number, problem: string): void {
  if (iconik.switches.positions.failure === 'json') {
    sendErrors(res, status, problem);
    return;
  }
  res.status(status).send(
    frame(
      { title: 'Sign-in failed' },
      html`<div class="card"><h1>Sign-in failed</h1>
<p class="note bad" role="alert" data-problem>${problem}</p>
<p><a class="button" href="/login">Back to sign-in</a></p></div>`,
    ),
  );
}
