import type { FormField, FormFieldValue } from '../model.ts';
import type { Store } from '../store.ts';
import { type Item, list } from './fields.ts';

type Owner = FormField['of'];

/** Why the store refuses the form fields of a customer or an address. `isNew`: required ones must be there. */
export function refuseFormFields(
  store: Store,
  item: Item,
  of: Owner,
  isNew: boolean = false,
): string | undefined {
  const fields = store.formFields.filter((field) => field.of === of);
  const given = list(item, 'form_fields') as unknown as readonly FormFieldValue[];
  for (const { name, value } of given) {
    const field = fields.find((each) => each.name === name);
    if (!field) return `form field ${String(name)} does not exist`;
    const isChecked = store.turned().formFieldTypes === 'checked';
    if (isChecked && !fits(field, value)) return `form field ${name} expects a value of type ${field.type}`;
  }
  if (store.turned().requiredFormFields === 'ignored') return undefined;
  const missing = fields.find(({ name, required }) => {
    const value = given.find((each) => each.name === name)?.value;
    return required && (isNew || value !== undefined) && isBlank(value);
  });
  return missing && `form field ${missing.name} is required`;
}

function isBlank(value: FormFieldValue['value'] | undefined): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

function fits({ type, options }: FormField, value: FormFieldValue['value']): boolean {
  if (value === '') return true;
  const isOption = (each: string): boolean => options.length === 0 || options.includes(each);
  switch (type) {
    case 'numbers':
      return !Array.isArray(value) && Number.isFinite(Number(value));
    case 'date':
      return (
        typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value) && !Number.isNaN(Date.parse(value))
      );
    case 'checkboxes':
      return Array.isArray(value) && value.every(isOption);
    case 'picklist':
    case 'radiobuttons':
      return typeof value === 'string' && isOption(value);
    default:
      return typeof value === 'string';
  }
}

/** What a write makes of the values that are there already. */
export function writtenFormFields(
  store: Store,
  current: readonly FormFieldValue[],
  item: Item,
): FormFieldValue[] {
  if (item['form_fields'] === undefined) return [...current];
  const given = (list(item, 'form_fields') as unknown as readonly FormFieldValue[]).map(
    ({ name, value }) => ({
      name,
      value,
    }),
  );
  if (store.turned().formFieldsInWrite === 'replaced') return given;
  return [...current.filter(({ name }) => !given.some((each) => each.name === name)), ...given];
}
