import { Session } from 'node:inspector/promises';

/**
 * How much a piece of work does, as a number that is the same on every machine: how often each block of our XML rooms
 * and of the parser below them is run, and what the built-in functions that they lean on must walk over: entries put into
 * maps, elements of lists that are copied, characters searched.
 *
 * Only what is loaded after this module is counted: import it first, and the others by `await import()`.
 */
export async function countOperations(work: () => unknown): Promise<number> {
  await session.post('Profiler.takePreciseCoverage');
  using native = countNative();
  await work();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const blocks = result
    .filter(({ url }) => COUNTED.test(url))
    .flatMap(({ functions }) => functions)
    .flatMap(({ ranges }) => ranges)
    .reduce((sum, { count }) => sum + count, 0);
  return blocks + native.count();
}

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

const COUNTED =
  /\/src\/(?:xml|saml|federation\/saml|issuing\/saml)\/|\/node_modules\/(?:@xmldom|xml-encryption)\//;

/** Searching a thousand characters takes about as long as running one block of a function. */
const SEARCHED_AT_ONCE = 1_000;

function countNative(): Disposable & { count(): number } {
  let [entries, characters] = [0, 0];
  const { set } = Map.prototype;
  const { values } = Array.prototype;
  const { indexOf, lastIndexOf, includes } = String.prototype;
  Map.prototype.set = function (key, value) {
    entries += 1;
    return set.call(this, key, value);
  };
  Array.prototype[Symbol.iterator] = function () {
    entries += this.length;
    return values.call(this);
  };
  String.prototype.indexOf = function (search, from) {
    const found = indexOf.call(this, search, from);
    characters += (found < 0 ? this.length : found) - (from ?? 0);
    return found;
  };
  String.prototype.lastIndexOf = function (search, from) {
    const found = lastIndexOf.call(this, search, from);
    characters += (from ?? this.length) - Math.max(0, found);
    return found;
  };
  String.prototype.includes = function (search, from) {
    characters += this.length;
    return includes.call(this, search, from);
  };
  return {
    count: () => entries + characters / SEARCHED_AT_ONCE,
    [Symbol.dispose]: () => {
      Map.prototype.set = set;
      Array.prototype[Symbol.iterator] = values;
      Object.assign(String.prototype, { indexOf, lastIndexOf, includes });
    },
  };
}
