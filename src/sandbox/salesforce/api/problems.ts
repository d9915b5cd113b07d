/** One refusal as REST words it; composite, collections and single calls each wrap it in their own way. */
export type Problem = {
  readonly status: number;
  readonly errorCode: string;
  readonly message: string;
  readonly fields?: readonly string[];
};

export function problem(
  errorCode: string,
  message: string,
  fields?: readonly string[],
  status = 400,
): Problem {
  return { status, errorCode, message, ...(fields && { fields }) };
}

export const NOT_FOUND = problem('NOT_FOUND', 'The requested resource does not exist', undefined, 404);
export const INVALID_SESSION = problem('INVALID_SESSION_ID', 'Session expired or invalid', undefined, 401);

export function noSuchColumn(field: string, object: string): Problem {
  return problem('INVALID_FIELD', `No such column '${field}' on sobject of type ${object}`);
}

export function malformedId(field: string, value: unknown): Problem {
  return problem('MALFORMED_ID', `${field}: id value of incorrect type: ${String(value)}`, [field]);
}

export function badReference(field: string): Problem {
  return problem('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', [field]);
}

export function readOnly(...fields: string[]): Problem {
  return problem(
    'INVALID_FIELD_FOR_INSERT_UPDATE',
    `Unable to create/update fields: ${fields.join(', ')}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`,
    fields,
  );
}
