import type { IdentityId, PersonId } from '../base/index.ts';

export type Address = {
  readonly address1?: string;
  readonly address2?: string;
  readonly city?: string;
  readonly stateOrProvince?: string;
  readonly postalCode?: string;
  /** As upstream gives it; whoever needs ISO 3166-1 alpha-2 checks it. */
  readonly countryCode?: string;
};

/** A declared attribute's value after typing (R4.1): string, number, boolean, list of strings, or instant. */
export type AttributeValue = string | number | boolean | readonly string[] | Date;

/** Types an operator may declare under `attributes:` in the configuration. */
export const ATTRIBUTE_TYPES = ['string', 'number', 'boolean', 'list', 'timestamp'] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

/** Our record of a human, as policy, provisioning and pages see it. Read-only; `directory` alone writes it. */
export type Person = {
  /** Opaque, lower case, never reused: the subject that relying parties see (R1.4). */
  readonly id: PersonId;
  /** `active` may sign in; `disabled` ended upstream or by an admin. */
  readonly status: 'active' | 'disabled';
  readonly login?: string;
  readonly mail?: string;
  /** Upstream itself says that nobody has proved the address to be theirs: trust in its domain does not cover it. */
  readonly isMailUnverified?: true;
  readonly givenName?: string;
  readonly familyName?: string;
  readonly displayName?: string;
  readonly department?: string;
  readonly company?: string;
  readonly phone?: string;
  readonly address?: Address;
  /** Group keys. The primary connection's groups carry their own name, others `connection:name` (R1.2). */
  readonly groups: readonly string[];
  /** Declared attributes that have a valid value; one that is missing or malformed is absent. */
  readonly attributes: Readonly<Record<string, AttributeValue>>;
};

/** The login that a decision leans on, with its age (R4.6). */
export type IdentityFacts = {
  readonly id: IdentityId;
  readonly connection: string;
  readonly issuer: string;
  readonly authTime: Date;
  /** Last positive confirmation of these facts. */
  readonly confirmedAt: Date;
  readonly authnContext?: string;
  readonly amr: readonly string[];
};
