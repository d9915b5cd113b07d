import type { Response } from 'express';
import { type Html, html, instant } from '../html.ts';
import { accountOf } from './account.ts';
import { displayOf } from './scim/index.ts';
import { resourceOf, storesOf, type Wiki } from './server.ts';
import type { TokenSet, WebSession } from './store.ts';

type Article = { readonly slug: string; readonly title: string; readonly text: readonly string[] };

export const ARTICLES: readonly Article[] = [
  {
    slug: 'opening-hours',
    title: 'Who answers when',
    text: [
      'Hamburg answers from eight to five, Boston takes over at two in the afternoon of Central Europe, and Chicago goes home an hour after Boston.',
      'Outside these hours write down what you saw. A good note in the morning is worth more than a phone call at night.',
    ],
  },
  {
    slug: 'product-photos',
    title: 'Product photographs',
    text: [
      'One light from the left, one sheet of grey paper, no props. The kettle is photographed with its lid on.',
      'Raw files go to the media library within a day; the shop gets the cropped ones.',
    ],
  },
  {
    slug: 'price-changes',
    title: 'Changing a price',
    text: [
      'Prices change on Tuesdays. Ask whoever manages the store, say why, and leave the old price visible for a week.',
      'The outlet follows its own calendar.',
    ],
  },
];

function frame(title: string, body: Html, session?: WebSession): string {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Halden wiki</title>
<link rel="stylesheet" href="/assets/wiki.css">
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<header><a class="name" href="/">Halden wiki</a>${corner(session)}</header>
<main id="content">
${body}
</main>
<footer>Simulated for demos and tests: a small OpenID Connect application.</footer>
</body>
</html>
`.text;
}

function corner(session: WebSession | undefined): Html {
  if (!session) return html`<a class="button" href="/login">Sign in</a>`;
  return html`<div class="who" data-signed-in="${session.sub}"><a href="/me">${nameOf(session)}</a>
<form method="post" action="/logout"><button class="quiet">Sign out</button></form></div>`;
}

function nameOf({ claims, sub }: WebSession): string {
  const { name, given_name: given, preferred_username: login } = claims;
  return String(name ?? given ?? login ?? sub);
}

export function contentsPage(session: WebSession | undefined): string {
  return frame(
    'Contents',
    html`<h1>How we work at Halden</h1>
${session ? html`<p>Good to see you, ${nameOf(session)}.</p>` : html`<p>These pages are for people of the house. Sign in to read them.</p>`}
<ol class="contents">${ARTICLES.map(
      ({ slug, title, text }) =>
        html`<li><a href="/pages/${slug}">${title}</a><p>${text[0]?.split('. ')[0]}.</p></li>`,
    )}</ol>`,
    session,
  );
}

export function articlePage(article: Article, session: WebSession): string {
  return frame(
    article.title,
    html`<p class="soft"><a href="/">Contents</a></p><h1>${article.title}</h1>
${article.text.map((paragraph) => html`<p>${paragraph}</p>`)}`,
    session,
  );
}

/** What the broker told about the person, and buttons that ask it for more. */
export function mePage(wiki: Wiki, session: WebSession): string {
  const { note } = session;
  return frame(
    'You',
    html`<h1>${nameOf(session)}</h1>
${note && html`<p class="note${!note.good && ' bad'}" role="status" data-field="note">${note.text}</p>`}
${accountPart(wiki, session)}
<h2>From the ID token</h2>${claimTable(session.claims)}
<h2>Userinfo</h2>${session.userinfo ? claimTable(session.userinfo) : html`<p>Not asked yet.</p>`}
<form method="post" action="/userinfo"><button>Ask userinfo</button></form>
<h2>Tokens</h2>${[...session.tokens].map(([resource, tokens]) => tokenPart(resource, tokens))}
<h2>A token for a store</h2><p>Bound to one store and to what you may do there.</p>
<p class="row">${storesOf(wiki).map(
      (store) =>
        html`<a class="button" href="/store-token?store=${encodeURIComponent(store)}" data-resource="${resourceOf(store)}">Ask for ${store}</a> `,
    )}</p>`,
    session,
  );
}

function accountPart(wiki: Wiki, { sub }: WebSession): Html {
  const account = accountOf(wiki, sub);
  if (!account) return html`<h2>Account</h2><p>The wiki has no account of yours.</p>`;
  const { userName, active } = account.attributes;
  const groups = wiki.directory.groupsOf(account.id).map(displayOf);
  return html`<h2>Account</h2><dl>
<div><dt>User name</dt><dd data-account="userName">${String(userName)}</dd></div>
<div><dt>Active</dt><dd data-account="active">${String(active)}</dd></div>
<div><dt>Groups</dt><dd data-account="groups">${groups.length === 0 ? 'none' : groups.join(', ')}</dd></div></dl>`;
}

function tokenPart(resource: string, { scope, expires, refreshToken, claims }: TokenSet): Html {
  return html`<section class="card" data-token="${resource}"><h3>${resource === '' ? 'The wiki itself' : resource}</h3>
<p>Scopes <code>${scope || 'none'}</code>, until ${instant(expires)}, ${
    claims ? 'a JSON Web Token' : 'opaque'
  }</p>
${claims && claimTable(claims)}
${
  refreshToken === undefined
    ? html`<p class="soft">Without a refresh token.</p>`
    : html`<form method="post" action="/refresh"><input type="hidden" name="resource" value="${resource}"><button>Refresh</button></form>`
}</section>`;
}

function claimTable(claims: Readonly<Record<string, unknown>>): Html {
  return html`<dl>${Object.entries(claims).map(
    ([name, value]) =>
      html`<div><dt>${name}</dt><dd data-claim="${name}">${typeof value === 'string' ? value : JSON.stringify(value)}</dd></div>`,
  )}</dl>`;
}

export function signedOutPage(): string {
  return frame(
    'Signed out',
    html`<h1>You are signed out</h1><p><a class="button" href="/login">Sign in again</a></p>`,
  );
}

export function sendProblem(res: Response, status: number, title: string, problem: string): void {
  const body = html`<h1>${title}</h1><p class="note bad" role="alert" data-field="problem">${problem}</p>
<p><a class="button" href="/">To the contents</a></p>`;
  res.status(status).send(frame(title, body));
}
