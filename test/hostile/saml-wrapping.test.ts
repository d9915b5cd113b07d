import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import {
  type AttackWorld,
  alike,
  asField,
  checkRefused,
  inside,
  intoSignature,
  isSignedIn,
  material,
  openAttackWorld,
  type Variants,
  VICTIM,
} from '../support/saml-attack.ts';

/**
 * Published ways to sign in as somebody else with a genuine assertion of one's own: signature wrapping and texts that two
 * readers understand differently. Each is tried over HTTP at a running broker, by a browser that began the sign-in and may
 * finish it. The genuine assertion is of Mallory; whoever gets a session out of anything else here has forged it.
 */
let attack: AttackWorld;

const WRAPPED: Variants = {
  'XSW1: the signed response in the signature of another one': (m) => {
    const response = m.around(m.bare);
    const signed = attack.idp.sign(response, 'Response');
    const signature = /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(signed)?.[0] ?? '';
    const other = m.around(m.forged).replace(`_r${m.id}`, '_evil');
    return inside(other, intoSignature(signature, `<ds:Object>${response}</ds:Object>`));
  },
  'XSW2: the signed response beside its signature, in another one': (m) => {
    const response = m.around(m.bare);
    const signed = attack.idp.sign(response, 'Response');
    const signature = /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(signed)?.[0] ?? '';
    return inside(m.around(m.forged).replace(`_r${m.id}`, '_evil'), response + signature);
  },
  'XSW3: the forged assertion before the genuine one': (m) => m.around(m.forged + m.genuine),
  'XSW4: the genuine assertion within the forged one': (m) => m.around(inside(m.forged, m.genuine)),
  'XSW5: the genuine signature in the forged assertion, the genuine assertion behind it': (m) =>
    m.around(inside(m.forged, m.signature) + m.bare),
  'XSW6: the genuine assertion in its signature, in the forged one': (m) =>
    m.around(inside(m.forged, intoSignature(m.signature, m.bare))),
  'XSW7: the forged assertion in Extensions, before the genuine one': (m) =>
    m.around(`<samlp:Extensions>${m.forged}</samlp:Extensions>${m.genuine}`),
  'XSW8: the genuine assertion in an Object of its signature': (m) =>
    m.around(inside(m.forged, intoSignature(m.signature, `<ds:Object>${m.bare}</ds:Object>`))),
  'the genuine assertion before the forged one': (m) => m.around(m.genuine + m.forged),
  'the genuine assertion in Extensions': (m) =>
    m.around(`<samlp:Extensions>${m.genuine}</samlp:Extensions>${m.forged}`),
  'the genuine assertion in Advice of the forged one': (m) =>
    m.around(
      m.forged.replace('</saml:Conditions>', `</saml:Conditions><saml:Advice>${m.genuine}</saml:Advice>`),
    ),
  'the genuine assertion in details of the status': (m) =>
    m
      .around(m.forged)
      .replace('</samlp:Status>', `<samlp:StatusDetail>${m.genuine}</samlp:StatusDetail></samlp:Status>`),
  'the genuine assertion in a value of the forged one': (m) =>
    m.around(m.forged.replace('<saml:AttributeValue>victim', `<saml:AttributeValue>${m.genuine}`)),
  'the genuine assertion in the confirmation of the forged one': (m) =>
    m.around(
      m.forged.replace('</saml:SubjectConfirmationData>', `${m.genuine}</saml:SubjectConfirmationData>`),
    ),
  'the genuine assertion in KeyInfo of its signature': (m) =>
    m.around(inside(m.forged, intoSignature(m.signature, `<ds:KeyInfo>${m.bare}</ds:KeyInfo>`))),
  'a response within the response': (m) => m.around(m.around(m.genuine) + m.forged),
  'a response within the forged assertion': (m) => m.around(inside(m.forged, m.around(m.genuine))),
  'a forged one of another namespace': (m) =>
    m.around(
      m.genuine +
        m.forged
          .replaceAll('saml:', 'x:')
          .replace('xmlns:x=', 'xmlns:saml=')
          .replace('<x:Assertion', '<x:Assertion xmlns:x="urn:x"'),
    ),
  'a genuine one of another namespace name that looks alike': (m) =>
    m.around(m.forged + m.genuine.replace(':assertion"', ':Assertion"')),
  'both under one id': (m) => m.around(alike(m) + m.genuine),
  'both under one id, spelt Id': (m) => m.around(m.genuine + alike(m).replace(' ID=', ' Id=')),
  'both under one id, as xml:id': (m) => m.around(m.genuine + alike(m).replace(' ID=', ' xml:id=')),
  'both under one id, in a namespace': (m) =>
    m.around(m.genuine + m.forged.replace(' ID=', ` xmlns:wsu="urn:wsu" wsu:Id="_m${m.id}" ID=`)),
  'a forged subject beside the genuine one': (m) =>
    m.around(
      m.genuine.replace(
        '<saml:Conditions',
        `${/<saml:Subject>[\s\S]*<\/saml:Subject>/.exec(m.forged)?.[0]}<saml:Conditions`,
      ),
    ),
  'a forged name before the genuine one': (m) =>
    m.around(m.genuine.replace('<saml:NameID ', `<saml:NameID>${VICTIM}</saml:NameID><saml:NameID `)),
  'an assertion without a signature in a response with one of something else': (m) =>
    inside(m.around(m.forged), m.signature),
  'nothing that is signed at all': (m) => m.around(m.forged),
};

const VALUES: Variants = {
  'a comment in the name (CVE-2018-0489)': (m) =>
    m.around(m.genuine.replace('p-mallory', 'p-mal<!-- -->lory')),
  'a comment that leaves the name of the victim': (m) =>
    m.around(attack.idp.sign(m.bare.replace('p-mallory', `${VICTIM}<!-- -->.mallory`), 'Assertion')),
  'a processing instruction in the name': (m) =>
    m.around(attack.idp.sign(m.bare.replace('p-mallory', `${VICTIM}<?x y?>.mallory`), 'Assertion')),
  'an element in the name': (m) =>
    m.around(attack.idp.sign(m.bare.replace('p-mallory', `${VICTIM}<x/>.mallory`), 'Assertion')),
  'a name from an entity': (m) =>
    `<!DOCTYPE x [<!ENTITY name "${VICTIM}">]>${m.around(m.genuine.replace('p-mallory', '&name;'))}`,
  'an attribute from the DTD': (m) =>
    `<!DOCTYPE x [<!ATTLIST saml:SubjectConfirmationData Recipient CDATA "x">]>${m.around(m.genuine)}`,
  'the prefix of the signature bound to something else': (m) =>
    m.around(m.genuine.replace(`xmlns:ds="http://www.w3.org/2000/09/xmldsig#"`, 'xmlns:ds="urn:x"')),
  'a prefix bound anew below': (m) =>
    m.around(m.genuine.replace('<saml:Subject>', '<saml:Subject xmlns:saml="urn:x">')),
  'a prefix that nobody declared': (m) =>
    m.around(
      m.genuine.replace('<saml:Subject>', '<nobody:Subject>').replace('</saml:Subject>', '</nobody:Subject>'),
    ),
  'the prefix xml bound to something else': (m) =>
    m.around(m.genuine).replace('<samlp:Response ', '<samlp:Response xmlns:xml="urn:x" '),
  'xml:base, xml:lang and xml:space on what is signed': (m) =>
    m.around(
      m.genuine.replace(
        '<saml:Subject>',
        '<saml:Subject xml:base="https://evil.example/" xml:lang="x" xml:space="preserve">',
      ),
    ),
};

suite('a genuine assertion does not carry a forged one', () => {
  before(async () => {
    attack = await openAttackWorld();
  });
  after(() => attack[Symbol.asyncDispose]());

  for (const [title, make] of Object.entries({ ...WRAPPED, ...VALUES })) {
    test(title, async () => {
      const browser = attack.world.browser();
      const message = make(material(attack.idp, await attack.begin(browser)));

      checkRefused(await attack.post(browser, asField(message)), browser);
    });
  }

  test('while the genuine one signs in its own person, once', async () => {
    const browser = attack.world.browser();
    const m = material(attack.idp, await attack.begin(browser));
    const page = await attack.post(browser, asField(m.around(m.genuine)));
    assert.deepEqual([page.status, isSignedIn(browser)], [200, true]);
    assert.match(page.text, /mallory/);

    checkRefused(
      await attack.post(attack.world.browser(), asField(m.around(m.genuine))),
      attack.world.browser(),
    );
  });
});
