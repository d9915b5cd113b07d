import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { startChromium } from '../support/chromium.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startWorld } from '../support/world.ts';

/** Set to a folder, the walk leaves its pictures there. */
const PICTURES = process.env['VESTIBULE_PICTURES'];

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES) await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

// A real browser keeps cookies by its own clock, so this world's clock begins at the same instant.
const browserTime = () => new ManualClock(new Date());

test('ines walks the demo in a real browser: one password, two stores, a refusal, and signing out', async () => {
  await using world = await startWorld({ clock: browserTime() });
  await using browser = await startChromium();
  const page = await (await browser.newContext({ viewport: { width: 1100, height: 760 } })).newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) faults.push(message.text());
  });

  await page.goto(`${world.origin}/`);
  await page.getByRole('link', { name: /Directory \(OTDS\)/ }).click();
  await page.locator('[name=otds_username]').fill('ines');
  await page.locator('[name=otds_password]').fill('halden-demo');
  await page.locator('#loginbutton').click();
  await page.getByRole('heading', { name: 'Stores and apps' }).waitFor();

  await page.getByRole('link', { name: /Halden Europe/ }).click();
  await page.waitForURL(/store-emea\.localhost:\d+\/account\.php/);
  assert.match((await page.textContent('body')) ?? '', /Inês Carvalho/);

  await page.goto(`${world.origin}/launch/store-na`);
  await page.waitForURL(/store-na\.localhost:\d+\/account\.php/);
  assert.match((await page.textContent('body')) ?? '', /Managers/);

  const refusal = await page.goto(`${world.origin}/launch/store-outlet`);
  assert.equal(refusal?.status(), 403);
  await page.getByText('The outlet has a small team of its own').waitFor();
  await picture(page, 'refused');

  await page.goto(`${world.origin}/`);
  await page.getByText('Opened Halden North America').waitFor();
  await picture(page, 'launchpad');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('may still be open').first().waitFor();
  await picture(page, 'signed-out');
  assert.deepEqual(faults, []);
});

test('noah comes through Access Manager by SAML, in a browser without script', async () => {
  await using world = await startWorld({ clock: browserTime() });
  await using browser = await startChromium();
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();

  await page.goto(`${world.origin}/launch/store-na`);
  await page.getByRole('link', { name: /Access Manager/ }).click();
  await page.locator('[name=Ecom_User_ID]').first().fill('noah');
  await page.locator('input[type=password]').fill('halden-demo');
  await page.locator('button, input[type=submit]').first().click();
  // Without script the auto-submitting page is a page with a button.
  await page.locator('button, input[type=submit]').first().click();

  await page.waitForURL(/store-na\.localhost:\d+\/account\.php/);
  assert.match((await page.textContent('body')) ?? '', /Noah Whitfield/);
});
