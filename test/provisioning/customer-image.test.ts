import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Person } from '../../src/model/index.ts';
import { channelIds, lockedOut } from '../../src/provisioning/bigcommerce/customer-fields.ts';
import { customerNames } from '../../src/provisioning/bigcommerce/customer-names.ts';
import { customerAddress } from '../../src/provisioning/connectors/bigcommerce-storefront/address.ts';
import { customerFieldsBody } from '../../src/provisioning/connectors/bigcommerce-storefront/customer-body.ts';
import { customerMail } from '../../src/provisioning/connectors/bigcommerce-storefront/customer-mail.ts';
import { NO_FACTS } from '../../src/provisioning/connectors/bigcommerce-storefront/facts.ts';
import {
  formFieldsBody,
  formFieldValue,
  refuseFormFieldText,
} from '../../src/provisioning/connectors/bigcommerce-storefront/form-fields.ts';
import { mira } from './world.ts';

const NAMES: readonly (readonly [Partial<Person>, string, string])[] = [
  [{ givenName: 'Mira', familyName: 'Lindqvist' }, 'Mira', 'Lindqvist'],
  [{ displayName: 'Mira Anna Lindqvist' }, 'Mira Anna', 'Lindqvist'],
  [{ displayName: 'Madonna' }, 'Madonna', 'User'],
  [{ login: 'mira' }, 'mira', 'User'],
  [{}, 'User', 'User'],
  [{ givenName: ' \u0000 ', familyName: '\t' }, 'User', 'User'],
  [{ givenName: 'x'.repeat(150), familyName: 'Y' }, 'x'.repeat(100), 'Y'],
];
for (const [person, first, last] of NAMES) {
  test(`a person with ${JSON.stringify(person).slice(0, 50)} has both names`, () => {
    const names = customerNames({ id: mira().id, status: 'active', groups: [], attributes: {}, ...person });

    assert.deepEqual(names, { firstName: first, lastName: last });
  });
}

for (const mail of [
  'a b@x.example',
  'a@b@x.example',
  'a,b@x.example',
  '@x.example',
  'a@',
  `${'a'.repeat(250)}@x.example`,
]) {
  test(`the mail address ${mail.slice(0, 20)} is not sent to a store`, () => {
    assert.equal(customerMail(mira({ mail })), undefined);
  });
}

test('an address with all five fields is taken over', () => {
  const answer = customerAddress({
    ...{ address1: '1 Main St', city: 'Akron', stateOrProvince: 'Ohio' },
    ...{ postalCode: '44325', countryCode: 'us' },
  });

  assert.deepEqual(answer.outcome === 'address' && answer.address, {
    ...{ address1: '1 Main St', city: 'Akron', stateOrProvince: 'Ohio' },
    ...{ postalCode: '44325', countryCode: 'US' },
  });
});

test('no address at all is no problem', () => {
  assert.deepEqual(customerAddress(undefined), { outcome: 'none' });
  assert.deepEqual(customerAddress({ city: ' ' }), { outcome: 'none' });
});

const WRONG: readonly (readonly [string, object, RegExp])[] = [
  ['a country by name', { countryCode: 'Germany' }, /country/],
  ['a country that does not exist', { countryCode: 'XX' }, /country/],
  ['a union for a country', { countryCode: 'EU' }, /country/],
  ['a postal code of another country', { postalCode: '20457-1' }, /postal code/],
  ['no postal code where there must be one', { postalCode: '' }, /postal code/],
  ['no street', { address1: '' }, /street/],
  ['no city', { city: '' }, /city/],
];
for (const [name, change, message] of WRONG) {
  test(`${name} is a problem`, () => {
    const answer = customerAddress({
      address1: 'Speicherstrasse 12',
      city: 'Hamburg',
      postalCode: '20457',
      countryCode: 'DE',
      ...change,
    });

    assert.match(answer.outcome === 'invalid' ? answer.message : answer.outcome, message);
  });
}

test('channels are never empty, null or anything but whole numbers', () => {
  for (const value of [[], ['0'], ['*'], [''], ['1', 'x'], 'all', null]) {
    assert.throws(() => channelIds(value), TypeError);
  }
  assert.deepEqual(channelIds(['1', '2']), [1, 2]);
});

test('nothing but known fields of a customer is ever sent', () => {
  const image = {
    ...{ mail: 'a@halden.example', channels: ['1'], group: '' },
    ...{ store_credit: 100, notes: 'x', accepts_marketing: true, tax_exempt_category: 'A' },
  };

  assert.deepEqual(customerFieldsBody(image, NO_FACTS), {
    email: 'a@halden.example',
    customer_group_id: 0,
    channel_ids: [1],
  });
});

test('a password that locks somebody out is long, of every kind of sign, and another one each time', () => {
  const [one, other] = [lockedOut({ isForced: true }), lockedOut({ isForced: false })];

  for (const kind of [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/, /^.{40,}$/]) {
    assert.match(one.new_password ?? '', kind);
  }
  assert.notEqual(one.new_password, other.new_password);
  assert.deepEqual([one.force_password_reset, other.force_password_reset], [true, undefined]);
});

const DEFINITION = { isRequired: false, options: [] };
const FORM_VALUES: readonly (readonly [string, Parameters<typeof refuseFormFieldText>[1], boolean])[] = [
  ['32', { ...DEFINITION, type: 'numbers' }, true],
  ['032', { ...DEFINITION, type: 'numbers' }, false],
  ['1e3', { ...DEFINITION, type: 'numbers' }, false],
  ['NaN', { ...DEFINITION, type: 'numbers' }, false],
  ['2026-02-28', { ...DEFINITION, type: 'date' }, true],
  ['2026-02-30', { ...DEFINITION, type: 'date' }, false],
  ['28.02.2026', { ...DEFINITION, type: 'date' }, false],
  ['A, B', { ...DEFINITION, type: 'checkboxes', options: ['A, B', 'C'] }, true],
  ['A, C', { ...DEFINITION, type: 'checkboxes', options: ['A, B', 'C'] }, false],
  ['x'.repeat(256), { ...DEFINITION, type: 'text' }, false],
  ['x'.repeat(256), { ...DEFINITION, type: 'multiline' }, true],
  ['x'.repeat(256), undefined, false],
  ['', { ...DEFINITION, type: 'date' }, true],
  ['', { ...DEFINITION, type: 'text', isRequired: true }, false],
];
for (const [text, definition, fits] of FORM_VALUES) {
  test(`a form field of type ${definition?.type} ${fits ? 'takes' : 'does not take'} "${text.slice(0, 12)}"`, () => {
    assert.equal(refuseFormFieldText(text, definition) === undefined, fits);
  });
}

test('choices with commas in them are sent as they are', () => {
  const definition = { isRequired: false, type: 'checkboxes' as const, options: ['A, B', 'C'] };

  assert.deepEqual(formFieldValue('A, B', definition), ['A, B']);
});

test('a password among the form fields of a shopper is never sent back', () => {
  const password = { isRequired: false, type: 'password' as const, options: [] };
  const facts = { ...NO_FACTS, formFields: { 'Pass phrase': password } };
  const current = {
    'formFields.Pass phrase': '****',
    'formFields.Contact by': 'Mail',
    mail: 'a@halden.example',
  };

  assert.deepEqual(formFieldsBody({ 'formFields.Team': 'Blue' }, current, facts), [
    { name: 'Contact by', value: 'Mail' },
    { name: 'Team', value: 'Blue' },
  ]);
});
