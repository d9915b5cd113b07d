import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leaveFor, openApplication } from '../support/openid-client.ts';
import { startWorld } from '../support/world.ts';

const OLD = 'http://old.localhost:9/callback';
const NEW = 'http://new.localhost:9/callback';

// An address that was lost to somebody else is taken out of the configuration; a request may be under way to it.

test('an address that was taken away while a request was under way gets no code', async () => {
  await using world = await startWorld({
    configure: (config) => {
      config.relyingParties.push({
        ...{ id: 'catalog', kind: 'oidc', title: 'Catalogue', roles: [{ id: 'editor' }] },
        ...{ redirectUris: [OLD], clientSecrets: ['a-secret-of-the-catalogue'] },
      });
      config.rules.push({
        id: 'catalogue',
        when: '"merchandising@staff" in person.groups',
        give: [{ relyingParty: 'catalog', roles: ['editor'] }],
      });
    },
  });
  const catalog = await openApplication(world, {
    ...{ id: 'catalog', secret: 'a-secret-of-the-catalogue', redirectUri: OLD },
  });
  const browser = world.browser();
  const leaving = await leaveFor(catalog);
  const page = await browser.open(leaving.url.href);
  const form = page.url.hostname === 'otds.localhost' ? page : await page.click('Directory (OTDS)');
  await world.apply((config) => {
    config.relyingParties.find(({ id }: { id: string }) => id === 'catalog').redirectUris = [NEW];
  });
  browser.pauseAt((url) => url.href.startsWith(OLD));
  const end = await form.submit({ otds_username: 'mira', otds_password: 'halden-demo' });

  assert.equal(end.url.hostname, 'sso.localhost', end.url.href);
  assert.equal(end.status, 400);
  assert.doesNotMatch(end.html, /code=/);
});
