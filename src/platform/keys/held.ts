/** Values that are loaded once and kept until they are forgotten; a failure is not kept. */
export class Held<T> {
  readonly #values = new Map<string, Promise<T>>();

  get(name: string, load: () => Promise<T>): Promise<T> {
    const held = this.#values.get(name);
    if (held !== undefined) return held;
    const loading = load();
    this.#values.set(name, loading);
    loading.catch(() => {
      if (this.#values.get(name) === loading) this.#values.delete(name);
    });
    return loading;
  }

  /** Without a name: all. What is being loaded is loaded again when it is next asked for. */
  forget(name: string | undefined): void {
    if (name === undefined) this.#values.clear();
    else this.#values.delete(name);
  }
}
