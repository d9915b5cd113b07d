import type { ConnectionConfig } from './config.ts';

/** The upstream's name of a way of signing in → the name that applications know it by. */
export type ContextNames = Readonly<Record<string, string>>;

/** What an upstream said, in the words of applications. A name that nobody translated stays. */
export function ourName(name: string, names: ContextNames): string {
  return (Object.hasOwn(names, name) ? names[name] : undefined) ?? name;
}

/** What applications ask for, in the words of the upstream: every name of its that means the same. */
export function theirNames(classes: readonly string[], names: ContextNames): readonly string[] {
  const theirs = classes.flatMap((name) => {
    const same = Object.keys(names).filter((key) => names[key] === name);
    return same.length === 0 ? [name] : same;
  });
  return [...new Set(theirs)];
}

/** Ways of signing in that applications may ask of a connection, by the names that they know. */
export function authnContextsOf({
  authnContexts,
  authnContextNames,
}: Pick<ConnectionConfig, 'authnContexts' | 'authnContextNames'>): readonly string[] {
  return [...new Set(authnContexts.map((name) => ourName(name, authnContextNames)))];
}
