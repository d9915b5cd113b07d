import type { ScimTarget } from './config.ts';
import type { Traits } from './facts.ts';
import type { Objection } from './failures.ts';
import type { Dialect } from './user-body.ts';

type Toggle = keyof Dialect;
const TOGGLES = ['wholeLists', 'textActive', 'capitalised'] as const satisfies readonly Toggle[];

/**
 * Which way of writing a PATCH this server takes. It starts with the plain way of RFC 7644; when that is refused for
 * its form, the others are tried, since a refused PATCH changes nothing (RFC 7644 3.5.2). What worked is kept.
 */
export class Dialects {
  readonly #server: ScimTarget['server'];
  readonly #traits: Traits;
  readonly #proven = new Set<Toggle>();

  constructor(settings: ScimTarget, traits: Traits) {
    this.#server = settings.server;
    this.#traits = traits;
  }

  get current(): Dialect {
    const { ops, active } = this.#server;
    const { learned } = this.#traits.facts;
    return {
      capitalised: ops === 'auto' ? learned.capitalised : ops === 'capitalised',
      textActive: active === 'auto' ? learned.textActive : active === 'text',
      wholeLists: learned.wholeLists,
    };
  }

  /** The current one first, then what else may be worth a try for a request in which these matter. */
  candidates(matters: readonly Toggle[]): readonly Dialect[] {
    const { current } = this;
    const open = TOGGLES.filter(
      (toggle) => matters.includes(toggle) && !this.#isFixed(toggle) && !this.#proven.has(toggle),
    );
    const flipped = open.map((toggle) => ({ ...current, [toggle]: !current[toggle] }));
    const all = open.length > 1 ? [flip(current, open)] : [];
    return [current, ...flipped, ...all];
  }

  /** This one was accepted in a request in which these mattered. */
  accepted(dialect: Dialect, matters: readonly Toggle[]): void {
    for (const toggle of matters) this.#proven.add(toggle);
    this.#traits.learn(dialect);
  }

  #isFixed(toggle: Toggle): boolean {
    if (toggle === 'capitalised') return this.#server.ops !== 'auto';
    return toggle === 'textActive' && this.#server.active !== 'auto';
  }
}

function flip(dialect: Dialect, toggles: readonly Toggle[]): Dialect {
  return { ...dialect, ...Object.fromEntries(toggles.map((toggle) => [toggle, !dialect[toggle]])) };
}

const ABOUT_FORM = ['', 'invalidsyntax', 'invalidvalue', 'invalidpath', 'notarget', 'invalidfilter'];

/** Whether the same might be accepted if it were written otherwise. */
export function isAboutForm({ status, scimType, saysTaken }: Objection): boolean {
  return (status === 400 || status === 422) && !saysTaken && ABOUT_FORM.includes(scimType);
}
