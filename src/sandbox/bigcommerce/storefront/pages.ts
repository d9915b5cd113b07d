import { type Html, html } from '../../html.ts';
import { standingOf } from '../b2b/standing.ts';
import type { Customer } from '../model.ts';
import { CATEGORIES, groupOf, LIST_PRICE, money, PRODUCTS, type Product, priceLevel } from './catalogue.ts';
import { pathsOf, shopPage, type Visit } from './page.ts';
import { picture } from './picture.ts';

/** The one text for every failed sign-in; the reason stays inside the store. */
export const GENERIC_FAILURE = 'Invalid login. Please attempt to log in again.';

export function homePage(visit: Visit): string {
  const { channel, shopper } = visit;
  return shopPage(
    visit,
    'Home',
    html`<section class="hero"><div><p class="eyebrow">${shopper ? 'Welcome back' : 'New this season'}</p>
<h1>${shopper ? `Good to see you, ${shopper.first_name}.` : 'Things that last, from the Halden yard.'}</h1>
<p>${channel.name} sells wool, steel and stoneware that is made to be repaired.</p>
${levelLine(visit)}<p><a class="button" href="/promo">See the offers</a></p></div>
<div class="art">${picture('kettle')}</div></section>
<h2>Favourites</h2>${grid(visit, PRODUCTS)}`,
  );
}

export function promoPage(visit: Visit): string {
  const offers = PRODUCTS.filter(({ price }) => price < 100);
  return shopPage(
    visit,
    'Offers',
    html`<h1>Offers of the week</h1><p>Small things for a good kitchen, while they last.</p>
${levelLine(visit)}${grid(visit, offers)}`,
  );
}

export function categoryPage(visit: Visit, slug: string): string | undefined {
  const name = CATEGORIES[slug];
  if (name === undefined) return undefined;
  const products = PRODUCTS.filter(({ category }) => category === slug);
  return shopPage(visit, name, html`<h1>${name}</h1>${levelLine(visit)}${grid(visit, products)}`);
}

export function productPage(visit: Visit, slug: string): string | undefined {
  const product = PRODUCTS.find((each) => each.slug === slug);
  if (!product || !priceLevel(visit.store, visit.shopper).seesCatalogue) return undefined;
  return shopPage(
    visit,
    product.name,
    html`<div class="product"><div class="art">${picture(product.shape)}</div>
<div><h1>${product.name}</h1><p>${product.line}</p>${price(visit, product)}${levelLine(visit)}
<p><a class="button" href="/cart.php">Add to cart</a></p></div></div>`,
  );
}

export function cartPage(visit: Visit): string {
  return shopPage(
    visit,
    'Cart',
    html`<h1>Your cart</h1><p>Your cart is empty.</p><p><a class="button" href="/">Go on shopping</a></p>`,
  );
}

export function accountPage(visit: Visit, shopper: Customer): string {
  const { store, channel } = visit;
  const group = groupOf(store, shopper);
  return shopPage(
    visit,
    'Your account',
    html`<h1>Your account</h1>
<dl class="facts">
${fact('name', 'Name', `${shopper.first_name} ${shopper.last_name}`)}
${fact('email', 'E-mail', shopper.email)}
${fact('group', 'Customer group', group?.name ?? 'none')}
${fact('price-level', 'Price level', levelText(visit))}
${fact('store', 'Store', `${store.seed.name} (${store.hash})`)}
${fact('channel', 'Channel', `${channel.name} (${channel.id})`)}
${fact('customer-id', 'Customer number', String(shopper.id))}
${Object.entries(standingOf(store, shopper)).map(([field, value]) => fact(field, STANDING[field] ?? field, value))}
</dl>
<h2>Orders</h2><p data-field="orders">${
      shopper.orders === 0 ? 'No orders yet.' : `${shopper.orders} orders in the past.`
    }</p>
<p><a class="button quiet" href="${pathsOf(channel).logout}">Sign out</a></p>`,
  );
}

/** B2B Edition's part of the account page. */
const STANDING: Readonly<Record<string, string>> = {
  company: 'Company',
  'looks-after': 'Looks after',
  'acts-for': 'Acts for',
};

export type LoginNote = 'failed' | 'signed-out' | 'reset-needed' | undefined;

const NOTES: Readonly<Record<string, string>> = {
  failed: GENERIC_FAILURE,
  'signed-out': 'You have been signed out.',
  'reset-needed': 'Please choose a new password before you sign in.',
};

export function loginPage(visit: Visit, note: LoginNote): string {
  const { channel } = visit;
  return shopPage(
    visit,
    'Sign in',
    html`<div class="narrow"><h1>Sign in</h1>
${note !== undefined && html`<p class="note ${note === 'failed' && 'bad'}" role="alert">${NOTES[note]}</p>`}
<form method="post" action="${pathsOf(channel).login}?action=check_login">
<label for="mail">E-mail</label><input id="mail" name="login_email" type="email" autocomplete="username" required>
<label for="pass">Password</label><input id="pass" name="login_pass" type="password" autocomplete="current-password" required>
<button class="button" type="submit">Sign in</button></form></div>`,
  );
}

export function missingPage(visit: Visit): string {
  return shopPage(
    visit,
    'Not found',
    html`<h1>We could not find that page</h1><p><a class="button" href="/">To the shop</a></p>`,
  );
}

export function closedPage(visit: Visit): string {
  return shopPage(
    visit,
    'Down for maintenance',
    html`<h1>Down for maintenance</h1><p>The shop is closed for a moment. Please come back soon.</p>`,
  );
}

function fact(field: string, label: string, value: string): Html {
  return html`<div><dt>${label}</dt><dd data-field="${field}">${value}</dd></div>`;
}

function levelText(visit: Visit): string {
  const { name, percent } = priceLevel(visit.store, visit.shopper);
  if (percent > 0) return `${name}, ${percent} % off list`;
  return name === LIST_PRICE ? name : `${name}, list price`;
}

function levelLine(visit: Visit): Html | false {
  return (
    visit.shopper !== undefined && html`<p class="level" data-field="price-level">${levelText(visit)}</p>`
  );
}

function grid(visit: Visit, products: readonly Product[]): Html {
  if (!priceLevel(visit.store, visit.shopper).seesCatalogue) {
    return html`<p class="note">There are no products for your customer group.</p>`;
  }
  return html`<ul class="grid">${products.map(
    (product) => html`<li><a href="/products/${product.slug}"><div class="art">${picture(product.shape)}</div>
<h3>${product.name}</h3><p>${product.line}</p>${price(visit, product)}</a></li>`,
  )}</ul>`;
}

function price({ store, shopper }: Visit, product: Product): Html {
  const { percent } = priceLevel(store, shopper);
  const list = money(store, product.price);
  if (percent === 0) return html`<p class="price">${list}</p>`;
  return html`<p class="price"><s>${list}</s> ${money(store, product.price * (1 - percent / 100))}</p>`;
}
