import type { FieldShape } from './environment.ts';

/** What expressions may ask of every person; declared attributes come on top (R4.1). */
export const PERSON_FIELDS = {
  id: 'string',
  login: 'string',
  mail: 'string',
  givenName: 'string',
  familyName: 'string',
  displayName: 'string',
  department: 'string',
  company: 'string',
  status: 'string',
  groups: { type: 'list', maxItems: 2_000 },
} as const satisfies Record<string, FieldShape>;

/** What expressions may ask of the login that the decision leans on. */
export const IDENTITY_FIELDS = {
  connection: 'string',
  issuer: 'string',
  authTime: 'timestamp',
  confirmedAt: 'timestamp',
  authnContext: 'string',
  amr: 'list',
} as const satisfies Record<string, FieldShape>;
