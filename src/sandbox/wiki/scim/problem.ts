/** `detail error keyword` of RFC 7644 table 9, and those of RFC 9865. */
export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue'
  | 'invalidVers'
  | 'invalidCursor';

/** Thrown anywhere below a request; routes.ts makes the error answer of RFC 7644 3.12 from it. */
export class ScimProblem extends Error {
  override readonly name = 'ScimProblem';
  readonly status: number;
  readonly scimType: ScimType | undefined;

  constructor(status: number, scimType: ScimType | undefined, detail: string) {
    super(detail);
    this.status = status;
    this.scimType = scimType;
  }
}

/** The usual one: 400 with a keyword. */
export function bad(scimType: ScimType, detail: string): ScimProblem {
  return new ScimProblem(400, scimType, detail);
}

export function errorBody({ status, scimType, message }: ScimProblem): object {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(status),
    ...(scimType !== undefined && { scimType }),
    detail: message,
  };
}
