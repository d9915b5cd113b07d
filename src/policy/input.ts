import type { Tables } from '../expressions/index.ts';
import type { AttributeType } from '../model/index.ts';
import type { RuleConfig } from './config.ts';

/** What policy must know of a relying party. */
export type PolicyRelyingParty = {
  readonly id: string;
  readonly kind: string;
  /** Ids in the order of precedence (R4.5). */
  readonly roles: readonly string[];
  /** Absent: scopes are not declared, any may be given. */
  readonly scopes?: readonly string[];
  /** True: nobody enters, whatever the rules say. */
  readonly disabled?: boolean;
};

/** Rules and what they lean on. */
export type PolicyInput = {
  readonly rules: readonly RuleConfig[];
  /** Declared person attributes with their types (R4.1). */
  readonly attributes: Readonly<Record<string, AttributeType>>;
  readonly tables: Tables;
  readonly relyingParties: readonly PolicyRelyingParty[];
};
