import type { Json } from '../../../base/index.ts';
import { type AccountImage, isEmpty } from '../../connector/account-image.ts';
import type { StoreFacts } from './facts.ts';
import type { FormFieldValue } from './schema.ts';

/**
 * Form fields are those of the store's sign-up form. In images they are text whatever their type: several boxes are
 * joined in order, so that a list of the directory compares with what the store shows.
 */
const PREFIX = 'formFields.';
const MAX_TEXT = 255;

export type FormFieldType =
  | 'checkboxes'
  | 'date'
  | 'multiline'
  | 'numbers'
  | 'password'
  | 'picklist'
  | 'radiobuttons'
  | 'text';
type Definition = StoreFacts['formFields'][string];

export function formField(name: string): string {
  return `${PREFIX}${name}`;
}

/** Everything that the store shows; what nobody mapped stays as it is, for writes that must not lose it. */
export function formFieldsOf(values: readonly FormFieldValue[], mapped: ReadonlySet<string>): AccountImage {
  return Object.fromEntries(
    values.map(({ name, value }) => [formField(name), mapped.has(name) ? textOf(value) : (value ?? '')]),
  );
}

function textOf(value: FormFieldValue['value']): string {
  if (Array.isArray(value)) return [...value].sort().join(', ');
  const text = String(value ?? '');
  // Dates come back as instants at midnight.
  return /^\d{4}-\d{2}-\d{2}T00:00/.test(text) ? text.slice(0, 10) : text;
}

/** Why the store's form would not take the value; undefined when it would, or when its form is not known. */
export function refuseFormFieldText(text: string, definition: Definition | undefined): string | undefined {
  if (!definition) return text.length > MAX_TEXT ? `longer than ${MAX_TEXT} characters` : undefined;
  const { type, options, isRequired } = definition;
  if (text === '') return isRequired ? 'the store requires it, and the directory has no value' : undefined;
  switch (type) {
    case 'numbers':
      // Written and read back as the same digits, or the comparison never ends.
      return Number.isFinite(Number(text)) && String(Number(text)) === text
        ? undefined
        : 'not a plain number';
    case 'date':
      return isDate(text) ? undefined : 'not a date such as 2026-03-31';
    case 'checkboxes':
      return choicesOf(text, options) ? undefined : 'not among the choices of the store';
    case 'picklist':
    case 'radiobuttons':
      return options.length === 0 || options.includes(text)
        ? undefined
        : 'not among the choices of the store';
    default:
      return text.length > MAX_TEXT && type !== 'multiline'
        ? `longer than ${MAX_TEXT} characters`
        : undefined;
  }
}

/** The value in the form that the store wants for its type. */
export function formFieldValue(text: string, definition: Definition | undefined): string | string[] {
  if (definition?.type !== 'checkboxes') return text;
  return [...(choicesOf(text, definition.options) ?? [])];
}

/** A choice may contain a comma itself. */
function choicesOf(text: string, options: readonly string[]): readonly string[] | undefined {
  if (text === '') return [];
  if (options.includes(text)) return [text];
  const choices = text.split(', ');
  const isKnown = options.length === 0 || choices.every((choice) => options.includes(choice));
  return isKnown ? choices : undefined;
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/**
 * The `form_fields` of a customer after these changes: all that it has, since whether a write keeps fields that it does
 * not name is not documented.
 */
export function formFieldsBody(
  changes: AccountImage,
  current: AccountImage,
  { formFields }: StoreFacts,
): readonly { readonly name: string; readonly value: Json }[] {
  return Object.entries({ ...current, ...changes }).flatMap(([field, value]) => {
    if (!field.startsWith(PREFIX) || (isEmpty(value) && !(field in changes))) return [];
    const name = field.slice(PREFIX.length);
    const definition = formFields[name];
    // Passwords are shown masked; sending that back would overwrite them.
    if (definition?.type === 'password') return [];
    return [{ name, value: typeof value === 'string' ? formFieldValue(value, definition) : (value ?? '') }];
  });
}
