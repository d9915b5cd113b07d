import type { CallFailed } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { findBy } from './find-resources.ts';
import { readThrough } from './paging.ts';
import { member, type Resource, textOf } from './resource.ts';
import { failedRead, type ScimServer } from './scim-server.ts';

export type ManagerId = { readonly outcome: 'id'; readonly id: string | undefined } | CallFailed;

/** Accounts of managers, by what the directory calls them. Ids never change, so a found one is kept. */
export class Managers {
  readonly #server: ScimServer;
  readonly #ids = new Map<string, string>();

  constructor(server: ScimServer) {
    this.#server = server;
  }

  /** @returns undefined when the manager has no account, or when it is not clear which. */
  async idOf(name: string, budget: CallBudget): Promise<ManagerId> {
    const known = this.#ids.get(name);
    if (known !== undefined) return { outcome: 'id', id: known };
    const found = await this.#find(name, budget);
    if ('outcome' in found) return found;
    const id = found.length === 1 ? found[0]?.id : undefined;
    if (id !== undefined) this.#ids.set(name, id);
    return { outcome: 'id', id };
  }

  async #find(name: string, budget: CallBudget): Promise<readonly Resource[] | CallFailed> {
    const path = this.#server.settings.managerBy;
    const fold = (text: string): string => (path === 'userName' ? text.toLowerCase() : text);
    const matches = ({ raw }: Resource): boolean => fold(textOf(member(raw, path))) === fold(name);
    const found = await findBy(this.#server, { kind: 'users', path, value: name, matches }, budget);
    if (found.outcome === 'unavailable') return found;
    if (found.outcome === 'found') return found.resources;
    const most = this.#server.settings.server.mostListed;
    const seen = await readThrough(this.#server, 'users', { most, isEnough: matches }, budget);
    return seen.outcome === 'seen' ? seen.resources.filter(matches) : failedRead(seen);
  }
}
