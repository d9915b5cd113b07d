import type { CallBudget } from '../../targets/call-budget.ts';
import type { ReadWhole, WholeAccount } from './read-account.ts';

type Group = { readonly budgets: CallBudget[]; readonly answer: Promise<ReadWhole> };

const TOO_SLOW: ReadWhole = { outcome: 'unavailable', code: 'provisioning.slow', maybeApplied: false };

/**
 * Seventy calls an hour are few: whoever asks while the account is being read waits for that and shares the next
 * reading with everybody who came meanwhile. Nobody gets an answer that was begun before the question, so what somebody
 * wrote before asking is always in it.
 */
export class AccountReader {
  readonly #whole: WholeAccount;
  #running: Promise<unknown> | undefined;
  #next: Group | undefined;
  /** User → number of the answer that first showed them. */
  readonly #seen = new Map<string, number>();
  #answers = 0;

  constructor(whole: WholeAccount) {
    this.#whole = whole;
  }

  /** The request is noted in the budget of one of those who share it. */
  async read(budget: CallBudget): Promise<ReadWhole> {
    this.#next ??= this.#group();
    const group = this.#next;
    group.budgets.push(budget);
    const { promise: late, resolve } = Promise.withResolvers<ReadWhole>();
    const timer = setTimeout(() => resolve(TOO_SLOW), budget.remainingMs());
    try {
      return await Promise.race([group.answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** To be asked before a user is added: afterwards `isNewSince` tells whether the id was known by then. */
  moment(): number {
    return this.#answers;
  }

  /** An answer that was under way at that moment may show the new user: it counts as later. */
  isNewSince(moment: number, userId: string): boolean {
    return (this.#seen.get(userId) ?? Number.POSITIVE_INFINITY) > moment;
  }

  /** An answer, to whatever question, showed these. */
  note(userIds: readonly string[]): void {
    this.#answers += 1;
    for (const id of userIds) {
      if (!this.#seen.has(id)) this.#seen.set(id, this.#answers);
    }
  }

  #group(): Group {
    const budgets: CallBudget[] = [];
    const answer = (this.#running ?? Promise.resolve()).then(() => {
      this.#next = undefined;
      const reading = this.#ask(budgets);
      this.#running = reading.catch(() => undefined);
      return reading;
    });
    return { budgets, answer };
  }

  async #ask(budgets: readonly CallBudget[]): Promise<ReadWhole> {
    const [longest] = budgets.toSorted((a, b) => b.remainingMs() - a.remainingMs());
    if (!longest) return TOO_SLOW;
    const answer = await this.#whole.read(longest);
    if (answer.outcome === 'whole') this.note(answer.snapshot.users.map(({ id }) => id));
    return answer;
  }
}
