import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { certificatesOf, readEntity } from '../../src/saml/index.ts';
import { xmlsecVerify } from '../support/xmlsec1.ts';
import { independentServiceProvider, responseOf } from './saml-service-provider.ts';
import { openIdpWorld, signOn, wiki } from './saml-world.ts';

const ASSERTION = 'urn:oasis:names:tc:SAML:2.0:assertion:Assertion';
const RESPONSE = 'urn:oasis:names:tc:SAML:2.0:protocol:Response';
const LAYOUTS = ['assertion', 'response', 'both'] as const;
const ENCRYPTIONS = ['off', 'aes128-gcm', 'aes256-gcm'] as const;

suite('every layout of a response', () => {
  for (const sign of LAYOUTS) {
    for (const encrypt of ENCRYPTIONS) {
      test(`sign ${sign}, encrypt ${encrypt}: xmlsec1 and node-saml read it`, async (t) => {
        await using world = await openIdpWorld((spKey) => [
          wiki(spKey, { sign, encrypt, attributes: [{ name: 'mail', value: 'person.mail' }] }),
        ]);
        t.mock.timers.enable({ apis: ['Date'], now: world.clock.now() });
        const issued = await world.idp.issuer.issue(signOn(world));
        const xml = responseOf(issued);
        const certificate = await certificateFromMetadata(world);

        if (sign !== 'assertion') {
          const verdict = await xmlsecVerify(xml, certificate, RESPONSE);
          assert.ok(verdict.holds, verdict.says);
        }
        if (sign !== 'response' && encrypt === 'off') {
          const verdict = await xmlsecVerify(xml, certificate, ASSERTION);
          assert.ok(verdict.holds, verdict.says);
        }
        assert.equal(xml.includes('mira@halden.example'), encrypt === 'off');

        const provider = independentServiceProvider(world, {
          wantAssertionsSigned: sign !== 'response',
          wantAuthnResponseSigned: sign !== 'assertion',
        });
        const { profile } = await provider.validatePostResponseAsync({
          SAMLResponse: Buffer.from(xml).toString('base64'),
        });
        assert.equal(profile?.nameID, 'per_00000000000000000000000000');
        assert.deepEqual(profile?.['attributes'], { mail: 'mira@halden.example' });
      });
    }
  }

  /** As a service provider would learn it. */
  async function certificateFromMetadata(world: Awaited<ReturnType<typeof openIdpWorld>>): Promise<string> {
    const { role } = readEntity(await world.idp.metadata(), {
      ...{ role: 'IDPSSODescriptor', signedBy: [], now: world.clock.now() },
    });
    const [bare = ''] = certificatesOf(role, 'signing');
    return `-----BEGIN CERTIFICATE-----\n${bare.replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`;
  }
});
