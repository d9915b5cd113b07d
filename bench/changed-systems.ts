/** A kind of target that is measured: one entry for each connector that has a simulator. */
export type ChangedSystem = {
  readonly kind: string;
  /** Target of the demo, or of `targets` below, whose people are made. */
  readonly target: string;
  /** Simulator whose limits are lifted. */
  readonly system: 'bigcommerce';
  /** Facts that let a person into the target by the demo's rules. */
  readonly facts: {
    readonly groups: readonly string[];
    readonly attributes: Readonly<Record<string, string[]>>;
  };
  /** A read of the same API without the connector, for the bare loop. */
  readonly bare: {
    readonly host: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
  };
};

export const CHANGED_SYSTEMS: readonly ChangedSystem[] = [
  {
    ...{ kind: 'bigcommerce-storefront', target: 'bc-emea', system: 'bigcommerce' },
    facts: { groups: ['merchandising@staff'], attributes: { region: ['EMEA'] } },
    bare: {
      host: 'api.bigcommerce.localhost',
      path: '/stores/haldenemea/v3/customers?id:in=101',
      headers: { 'x-auth-token': 'sandbox-token-of-emea-api', accept: 'application/json' },
    },
  },
];
