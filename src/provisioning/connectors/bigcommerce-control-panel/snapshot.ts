import type { MemberPage, MoreOfAccount, StorePage, UserPage } from './schema.ts';

/** Somebody's place in one store. */
export type Membership = {
  readonly hash: string;
  readonly permissions: readonly string[];
  readonly isActive: boolean;
  readonly lastSignIn: Date | undefined;
};
export type PanelUser = {
  readonly id: string;
  readonly mail: string;
  readonly stores: readonly Membership[];
};
/** The whole account at one time. */
export type AccountSnapshot = {
  readonly users: readonly PanelUser[];
  /** Store hash → name. */
  readonly stores: Readonly<Record<string, string>>;
};

/** Puts pages together. Users of a store whom the account's own list leaves out count as users too. */
export class SnapshotParts {
  readonly #mails = new Map<string, string>();
  readonly #members = new Map<string, Map<string, Membership>>();
  readonly #names = new Map<string, string>();
  readonly #hashes = new Map<string, string>();

  add({ users, stores }: MoreOfAccount): void {
    if (users) this.#addUsers(users);
    if (stores) this.#addStores(stores);
  }

  addMembers(storeId: string, members: MemberPage): void {
    const hash = this.#hashes.get(storeId);
    if (hash === undefined) return;
    for (const { node } of members.edges) {
      if (!this.#mails.has(node.id)) this.#mails.set(node.id, node.email);
      const memberships = this.#members.get(node.id) ?? new Map<string, Membership>();
      this.#members.set(node.id, memberships);
      memberships.set(hash, {
        hash,
        permissions: node.permissions,
        // Documents show ACTIVE only; whatever else there is cannot sign in yet or any more.
        isActive: node.status === undefined || node.status === null || node.status === 'ACTIVE',
        lastSignIn: instant(node.lastLoginAt),
      });
    }
  }

  finished(): AccountSnapshot {
    const users = [...this.#mails].map(([id, mail]) => ({
      ...{ id, mail },
      stores: [...(this.#members.get(id)?.values() ?? [])].sort((a, b) => (a.hash < b.hash ? -1 : 1)),
    }));
    return { users, stores: Object.fromEntries(this.#names) };
  }

  #addUsers(users: UserPage): void {
    for (const { node } of users.edges) this.#mails.set(node.id, node.email);
  }

  #addStores(stores: StorePage): void {
    for (const { node } of stores.edges) {
      this.#hashes.set(node.id, node.storeHash);
      this.#names.set(node.storeHash, node.name ?? node.storeHash);
      this.addMembers(node.id, node.users);
    }
  }
}

function instant(text: string | null | undefined): Date | undefined {
  const date = new Date(text ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
