import { type Answer, type FieldErrors, invalidJson, tooLarge } from './answers.ts';

/** How one member of a JSON object is checked. Lengths count characters. */
export type Field =
  | {
      readonly type: 'text';
      readonly min?: number;
      readonly max?: number;
      readonly oneOf?: readonly string[];
    }
  | { readonly type: 'integer' | 'number' | 'boolean' | 'object' }
  | { readonly type: 'integers-or-null' }
  | {
      readonly type: 'list';
      readonly max?: number;
      readonly of: Fields;
      readonly required?: readonly string[];
    }
  | { readonly type: 'any' }
  /** A text, a number, or a list of texts. */
  | { readonly type: 'form-value' };

export type Fields = Readonly<Record<string, Field>>;
export type Item = Readonly<Record<string, unknown>>;

export type ItemsResult =
  | { readonly outcome: 'parsed'; readonly items: readonly Item[] }
  | { readonly outcome: 'refused'; readonly answer: Answer };

/** Bodies of V3 collections: arrays only, with a greatest length, every item checked. Unknown members are ignored. */
export function parseItems(
  body: unknown,
  rules: { readonly most?: number; readonly fields: Fields; readonly required: readonly string[] },
): ItemsResult {
  if (!Array.isArray(body))
    return { outcome: 'refused', answer: invalidJson({ '': 'error.expected.jsarray' }) };
  if (rules.most !== undefined && body.length > rules.most) {
    return { outcome: 'refused', answer: tooLarge(rules.most) };
  }
  const errors: Record<string, string> = {};
  if (body.length === 0) errors[''] = 'error.minLength';
  body.forEach((item: unknown, index) => {
    Object.assign(errors, checkObject(item, rules.fields, rules.required, String(index)));
  });
  if (Object.keys(errors).length > 0) return { outcome: 'refused', answer: invalidJson(errors) };
  return { outcome: 'parsed', items: body as Item[] };
}

/** @returns errors by path, empty when all is well. */
export function checkObject(
  value: unknown,
  fields: Fields,
  required: readonly string[],
  path: string,
): FieldErrors {
  if (!isObject(value)) return { [path]: 'error.expected.jsobject' };
  const errors: Record<string, string> = {};
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  for (const name of required) if (value[name] === undefined) errors[at(name)] = 'error.path.missing';
  for (const [name, field] of Object.entries(fields)) {
    const member = value[name];
    if (member !== undefined) Object.assign(errors, checkMember(member, field, at(name)));
  }
  return errors;
}

function checkMember(value: unknown, field: Field, path: string): FieldErrors {
  switch (field.type) {
    case 'text':
      return checkText(value, field, path);
    case 'integer':
      return Number.isInteger(value) ? {} : { [path]: 'error.expected.jsnumber' };
    case 'number':
      return typeof value === 'number' ? {} : { [path]: 'error.expected.jsnumber' };
    case 'boolean':
      return typeof value === 'boolean' ? {} : { [path]: 'error.expected.jsboolean' };
    case 'object':
      return isObject(value) ? {} : { [path]: 'error.expected.jsobject' };
    case 'integers-or-null':
      return checkIntegers(value, path);
    case 'list':
      return checkList(value, field, path);
    case 'form-value':
      return isFormValue(value) ? {} : { [path]: 'error.invalid' };
    case 'any':
      return {};
  }
}

function isFormValue(value: unknown): boolean {
  const isList = Array.isArray(value) && value.every((each) => typeof each === 'string');
  return typeof value === 'string' || typeof value === 'number' || isList;
}

function checkText(value: unknown, field: Extract<Field, { type: 'text' }>, path: string): FieldErrors {
  if (typeof value !== 'string') return { [path]: 'error.expected.jsstring' };
  if (value.length < (field.min ?? 0)) return { [path]: 'error.minLength' };
  if (field.max !== undefined && value.length > field.max) return { [path]: 'error.maxLength' };
  if (field.oneOf && !field.oneOf.includes(value)) return { [path]: 'error.invalid' };
  return {};
}

function checkIntegers(value: unknown, path: string): FieldErrors {
  if (value === null) return {};
  if (!Array.isArray(value)) return { [path]: 'error.expected.jsarray' };
  const wrong = value.findIndex((each) => !Number.isInteger(each));
  return wrong === -1 ? {} : { [`${path}[${wrong}]`]: 'error.expected.jsnumber' };
}

function checkList(value: unknown, field: Extract<Field, { type: 'list' }>, path: string): FieldErrors {
  if (!Array.isArray(value)) return { [path]: 'error.expected.jsarray' };
  if (field.max !== undefined && value.length > field.max) return { [path]: 'error.maxLength' };
  const errors: Record<string, string> = {};
  value.forEach((each: unknown, index) => {
    Object.assign(errors, checkObject(each, field.of, field.required ?? [], `${path}[${index}]`));
  });
  return errors;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function text(item: Item, name: string, otherwise = ''): string {
  const value = item[name];
  return typeof value === 'string' ? value : otherwise;
}

export function list(item: Item, name: string): readonly Item[] {
  const value = item[name];
  return Array.isArray(value) ? (value as Item[]) : [];
}
