/** A role or scope that a person has at one relying party, with its own end (R3.1). Half-open: valid while `now < ends`. */
export type Granted = {
  readonly id: string;
  /** Absent: no end of its own. */
  readonly ends?: Date;
  /** When it ends for good, if that is known: windows open again after their edge. */
  readonly until?: Date;
  /** Ids of the rules or access grants that give it. */
  readonly because: readonly string[];
};

/** "This person may use this relying party, with these roles and scopes, in this window." */
export type Entitlement = {
  readonly relyingParty: string;
  /** In the relying party's declared order of precedence; never empty (R4.5). */
  readonly roles: readonly Granted[];
  readonly scopes: readonly Granted[];
  /** Minimum over all it contains (R3.1); absent when nothing ends. */
  readonly ends?: Date;
};

/**
 * One link of the chain that led to a decision, readable by a person and by a machine. Holds no personal data
 * beyond what the rule itself names, so that it may stand in clear in the access log.
 */
export type Fact = {
  readonly kind:
    | 'rule'
    | 'cap'
    | 'deny'
    | 'window'
    | 'end'
    | 'person'
    | 'identity'
    | 'relying-party'
    | 'failure';
  /** Rule or object that the fact is about: `rule agencies`, `relyingParty store-emea`. */
  readonly about: string;
  /** Did it open the way, close it, or merely not apply? */
  readonly effect: 'gives' | 'closes' | 'limits' | 'none';
  /** One plain sentence. */
  readonly text: string;
};

/** Stable codes of a refusal; pages and docs/errors.md explain each. */
export type DenyCode =
  | 'policy.no_rule'
  | 'policy.denied'
  | 'policy.capped'
  | 'policy.outside_window'
  | 'policy.ended'
  | 'policy.no_role'
  | 'policy.person_disabled'
  | 'policy.relying_party_disabled';

/** Result of policy for one person at one relying party at one instant. */
export type Decision =
  | { readonly outcome: 'allow'; readonly entitlement: Entitlement; readonly facts: readonly Fact[] }
  | {
      readonly outcome: 'deny';
      readonly code: DenyCode;
      /** The deciding fact: the one shown on the refusal page. */
      readonly reason: Fact;
      /** Start of the next window, if that alone is missing. */
      readonly opensAt?: Date;
      readonly facts: readonly Fact[];
    };
