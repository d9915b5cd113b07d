export type Role = {
  readonly id: string;
  readonly title: string;
  /** What the role stands for in the target, as written; the target's kind parses it. */
  readonly account?: unknown;
};

/**
 * Who says so. Absent: the configuration file, whose URLs may name private hosts; those of objects that were made over
 * the API may not (R8.1).
 */
export type Origin = 'api';

/** Where people enter. */
export type RelyingParty = {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly description: string;
  /** False refuses every sign-in. */
  readonly enabled: boolean;
  /** No tile on the launchpad; a link still works. */
  readonly hidden: boolean;
  readonly target?: string;
  /** In order of precedence where only one can hold (R4.5). */
  readonly roles: readonly Role[];
  readonly scopes: readonly string[];
  /** What the kind adds, parsed by the kind's own schema. */
  readonly access: unknown;
  readonly origin?: Origin;
};

/** Where accounts live. */
export type Target = {
  readonly id: string;
  readonly kind: string;
  readonly settings: unknown;
  readonly origin?: Origin;
};

export interface Registry {
  relyingParty(id: string): RelyingParty | undefined;
  relyingParties(): readonly RelyingParty[];
  target(id: string): Target | undefined;
  targets(): readonly Target[];
  /** Relying parties whose accounts live in this target. */
  enteringBy(target: string): readonly RelyingParty[];
}

export function createRegistry(objects: {
  readonly relyingParties: readonly RelyingParty[];
  readonly targets: readonly Target[];
}): Registry {
  const relyingParties = new Map(objects.relyingParties.map((rp) => [rp.id, rp]));
  const targets = new Map(objects.targets.map((target) => [target.id, target]));
  return {
    relyingParty: (id) => relyingParties.get(id),
    relyingParties: () => objects.relyingParties,
    target: (id) => targets.get(id),
    targets: () => objects.targets,
    enteringBy: (target) => objects.relyingParties.filter((rp) => rp.target === target),
  };
}
