import { type Html, html } from '../../html.ts';
import type { Channel, Customer } from '../model.ts';
import type { Store } from '../store.ts';

export type Visit = {
  readonly store: Store;
  readonly channel: Channel;
  readonly shopper: Customer | undefined;
};

/** Paths that differ between the hosted theme and Catalyst. */
export function pathsOf(channel: Channel): {
  login: string;
  logout: string;
  account: string;
  failed: string;
} {
  return channel.kind === 'catalyst'
    ? { login: '/login', logout: '/logout', account: '/account/orders', failed: '/login?error=InvalidToken' }
    : {
        login: '/login.php',
        logout: '/login.php?action=logout',
        account: '/account.php',
        failed: '/login.php',
      };
}

/** A page of a shop in its own colours. No script, no inline style. */
export function shopPage(visit: Visit, title: string, body: Html): string {
  const { store, channel } = visit;
  return html`<!DOCTYPE html>
<html lang="en" data-store="${store.id}" data-channel="${channel.id}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · ${channel.name}</title>
<link rel="stylesheet" href="/assets/shop.css">
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<header class="top">
<a class="name" href="/">${channel.name}</a>
<nav aria-label="Shop"><a href="/categories/kitchen">Kitchen</a> <a href="/categories/textiles">Textiles</a>
<a href="/categories/workshop">Workshop</a> <a href="/promo">Offers</a></nav>
${accountCorner(visit)}
</header>
<main id="content">
${body}
</main>
<footer><p>${channel.name} · ${store.seed.country} · prices in ${store.seed.currency}</p>
<p>A simulated store for demos and tests: nothing is sold here.</p></footer>
</body>
</html>
`.text;
}

function accountCorner({ channel, shopper }: Visit): Html {
  const paths = pathsOf(channel);
  if (!shopper) return html`<div class="who"><a class="button quiet" href="${paths.login}">Sign in</a></div>`;
  return html`<div class="who" data-signed-in="${shopper.id}">
<a href="${paths.account}"><span class="face" aria-hidden="true">${initials(shopper)}</span>
<span>${shopper.first_name} ${shopper.last_name}</span></a>
<a class="quiet" href="${paths.logout}">Sign out</a></div>`;
}

function initials({ first_name: first, last_name: last }: Customer): string {
  return `${first.slice(0, 1)}${last.slice(0, 1)}`.toUpperCase();
}
