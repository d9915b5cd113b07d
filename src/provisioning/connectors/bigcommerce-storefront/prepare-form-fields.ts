import { z } from 'zod';
import { reasonOf } from '../../bigcommerce/customers-answers.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { FactNeeds, StoreFacts } from './facts.ts';
import { originOf } from './origins.ts';
import { askStorefront, openStorefront } from './storefront-graphql.ts';

type Definitions = StoreFacts['formFields'];

const TYPES = {
  CheckboxesFormField: 'checkboxes',
  DateFormField: 'date',
  MultilineTextFormField: 'multiline',
  NumberFormField: 'numbers',
  PasswordFormField: 'password',
  PicklistFormField: 'picklist',
  RadioButtonsFormField: 'radiobuttons',
  TextFormField: 'text',
} as const satisfies Readonly<Record<string, Definitions[string]['type']>>;

const QUERY = `query SignUpForm {
  site { settings { formFields { customer {
    __typename label isBuiltIn isRequired
    ... on CheckboxesFormField { options { label } }
    ... on PicklistFormField { options { label } }
    ... on RadioButtonsFormField { options { label } }
  } } } }
}`;

const SignUpForm = z.object({
  site: z.object({
    settings: z.object({
      formFields: z.object({
        customer: z.array(
          z.object({
            __typename: z.string(),
            label: z.string(),
            isBuiltIn: z.boolean(),
            isRequired: z.boolean(),
            options: z.array(z.object({ label: z.string() })).nullish(),
          }),
        ),
      }),
    }),
  }),
});

/**
 * The fields of the sign-up form with their types. The Customers API does not tell them, only the storefront does
 * (BigCommerce docs: GraphQL Storefront API, form fields); asked where the mapping names any.
 */
export async function readFormFields(
  needs: FactNeeds,
  sites: Readonly<Record<string, string>>,
  offsetMs: number,
  budget: CallBudget,
): Promise<Definitions> {
  const mapped = Object.keys(needs.settings.formFields);
  if (mapped.length === 0) return {};
  const definitions = await askForForm(needs, sites, offsetMs, budget);
  if (typeof definitions === 'string') {
    needs.problems.push({
      path: 'formFields',
      message: `the sign-up form could not be read (${definitions}), so values are sent unchecked; allow the scope Storefront API tokens: manage`,
    });
    return {};
  }
  report(needs, mapped, definitions);
  return definitions;
}

async function askForForm(
  needs: FactNeeds,
  sites: Readonly<Record<string, string>>,
  offsetMs: number,
  budget: CallBudget,
): Promise<Definitions | string> {
  const [storefront] = needs.storefronts;
  const origin = storefront && originOf(storefront, sites);
  if (!storefront || !origin) return 'no storefront has a known URL';
  const channel = { id: storefront.access.channelId, origin };
  const open = await openStorefront(needs, channel, { scopes: ['Unauthenticated'], offsetMs }, budget);
  if (open.outcome !== 'ok') return reasonOf(open);
  const answer = await askStorefront(needs, open.body, { query: QUERY }, SignUpForm, budget);
  if (answer.outcome !== 'ok') return answer.outcome === 'unavailable' ? answer.code : answer.outcome;
  const own = answer.data.site.settings.formFields.customer.filter(({ isBuiltIn }) => !isBuiltIn);
  return Object.fromEntries(
    own.map(({ label, __typename, isRequired, options }) => [
      label,
      { type: typeOf(__typename), isRequired, options: (options ?? []).map((option) => option.label) },
    ]),
  );
}

function typeOf(name: string): Definitions[string]['type'] {
  return Object.hasOwn(TYPES, name) ? TYPES[name as keyof typeof TYPES] : 'text';
}

function report({ problems }: FactNeeds, mapped: readonly string[], definitions: Definitions): void {
  for (const name of mapped) {
    const definition = definitions[name];
    const message = !definition
      ? 'the store has no such field in its sign-up form; make it there or remove it here'
      : definition.type === 'password' && 'a password field takes no value of a directory; remove it here';
    if (message) problems.push({ path: `formFields.${name}`, message });
  }
  for (const [name, { isRequired }] of Object.entries(definitions)) {
    if (!isRequired || mapped.includes(name)) continue;
    problems.push({
      path: 'formFields',
      message: `the store requires "${name}" of new customers; map it, or make it optional in the store`,
    });
  }
}
