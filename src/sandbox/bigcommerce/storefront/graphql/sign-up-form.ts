import type { Schema } from '../../graphql/index.ts';
import type { FormField } from '../../model.ts';
import type { Store } from '../../store.ts';

const TYPES = {
  checkboxes: 'CheckboxesFormField',
  date: 'DateFormField',
  multiline: 'MultilineTextFormField',
  numbers: 'NumberFormField',
  password: 'PasswordFormField',
  picklist: 'PicklistFormField',
  radiobuttons: 'RadioButtonsFormField',
  text: 'TextFormField',
} as const satisfies Readonly<Record<FormField['type'], string>>;

const COMMON = { entityId: 'Int!', label: 'String!', isBuiltIn: 'Boolean!', isRequired: 'Boolean!' } as const;
const commonFields = Object.fromEntries(Object.entries(COMMON).map(([name, type]) => [name, { type }]));
const options = { type: '[FormFieldOption!]!' };

/** What every sign-up form has; the platform numbers the fields of its own from 1. */
const BUILT_IN: readonly (readonly [string, FormField['type'], boolean])[] = [
  ['Email Address', 'text', true],
  ['Password', 'password', true],
  ['First Name', 'text', true],
  ['Last Name', 'text', true],
  ['Company Name', 'text', false],
  ['Phone Number', 'text', false],
];
const FIRST_OWN = 25;

/** The account sign-up form, which only the storefront tells: `site.settings.formFields.customer`. */
export const signUpForm: Pick<Schema<{ readonly store: Store }>, 'objects' | 'interfaces'> = {
  objects: {
    Site: { settings: { type: 'Settings!', resolve: () => ({}) } },
    Settings: { formFields: { type: 'FormFields!', resolve: () => ({}) } },
    FormFields: {
      customer: { type: '[FormField!]!', resolve: (_, __, { store }) => formOf(store.formFields) },
    },
    FormFieldOption: { entityId: { type: 'Int!' }, label: { type: 'String!' } },
    ...Object.fromEntries(Object.values(TYPES).map((name) => [name, commonFields])),
    CheckboxesFormField: { ...commonFields, options },
    PicklistFormField: { ...commonFields, options },
    RadioButtonsFormField: { ...commonFields, options },
  },
  interfaces: { FormField: COMMON },
};

function formOf(fields: readonly FormField[]): readonly object[] {
  const builtIn = BUILT_IN.map(([label, type, isRequired], index) => ({
    ...{ __typename: TYPES[type], entityId: index + 1, label, isBuiltIn: true, isRequired },
  }));
  const own = fields
    .filter(({ of }) => of === 'customer')
    .map(({ name, type, required, options: choices }, index) => ({
      ...{ __typename: TYPES[type], entityId: FIRST_OWN + index, label: name },
      ...{ isBuiltIn: false, isRequired: required },
      options: choices.map((label, at) => ({ entityId: at + 1, label })),
    }));
  return [...builtIn, ...own];
}
