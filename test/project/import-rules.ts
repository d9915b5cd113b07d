import { posix } from 'node:path';
import { type ImportMap, importsOf, roomOf } from './import-map.ts';

/** Path from the root of the repository → text. */
export type Sources = ReadonlyMap<string, string>;

const DRAWER = /(^|\/)(utils?|helpers?|common|shared|misc)(\.ts$|\/)/;
const MAX_LINES = 400;

/** Every way in which these sources differ from the map, as sentences that begin with the place. */
export function checkSources(map: ImportMap, sources: Sources, packages: ReadonlySet<string>): string[] {
  return [
    ...checkFiles(map, sources),
    ...[...sources].flatMap(([file, text]) =>
      importsOf(text).flatMap((specifier) => checkImport({ map, sources, packages, file, specifier })),
    ),
    ...findCycles(sources),
  ];
}

function checkFiles(map: ImportMap, sources: Sources): string[] {
  return [...sources].flatMap(([file, text]) => [
    ...(roomOf(map, file) === undefined ? [`${file}: belongs to no room of the map`] : []),
    ...(DRAWER.test(file) ? [`${file}: is a drawer; name the thing that it holds`] : []),
    ...(text.trimEnd().split('\n').length > MAX_LINES ? [`${file}: has more than ${MAX_LINES} lines`] : []),
  ]);
}

type Import = {
  readonly map: ImportMap;
  readonly sources: Sources;
  readonly packages: ReadonlySet<string>;
  readonly file: string;
  readonly specifier: string;
};

function checkImport(found: Import): string[] {
  const { file, specifier } = found;
  if (specifier.startsWith('node:')) return [];
  if (!specifier.startsWith('.')) return checkPackage(found);
  const target = resolve(file, specifier);
  if (!found.sources.has(target)) return [`${file}: imports ${target}, which is not there`];
  return checkRoom(found, target);
}

function checkRoom({ map, file }: Import, target: string): string[] {
  const from = roomOf(map, file);
  const to = roomOf(map, target);
  if (from === undefined || to === undefined || from === to) return [];
  const [here, there] = [map.rooms.get(from), map.rooms.get(to)];
  if (!here || !there) return [];

  const problems: string[] = [];
  if (target !== `src/${to}/index.ts`) problems.push(`${file}: goes past the door of ${to} (${target})`);
  const isBelow = there.floor < here.floor;
  const isException = there.floor === here.floor && here.alsoImports.includes(to);
  if (from === 'sandbox' && to !== 'base') problems.push(`${file}: the sandbox imports base only, not ${to}`);
  else if (!isBelow && !isException) problems.push(`${file}: ${from} may not import ${to}`);
  return problems;
}

function checkPackage({ map, packages, file, specifier }: Import): string[] {
  const name = packageOf(specifier);
  if (!packages.has(name)) return [`${file}: ${name} is not a dependency in package.json`];
  const homes = map.homes.get(name);
  if (!homes || file.startsWith('src/sandbox/')) return [];
  return homes.some((home) => isAt(file, home)) ? [] : [`${file}: ${name} is at home in ${homes.join(', ')}`];
}

function isAt(file: string, home: string): boolean {
  if (home.startsWith('**/')) return file.endsWith(home.slice(2));
  return home.endsWith('.ts') ? file === `src/${home}` : file.startsWith(`src/${home}/`);
}

export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function resolve(file: string, specifier: string): string {
  return posix.join(posix.dirname(file), specifier);
}

/** Each cycle once, as the way around it. */
function findCycles(sources: Sources): string[] {
  const state = new Map<string, 'open' | 'done'>();
  const way: string[] = [];
  const cycles: string[] = [];
  const visit = (file: string): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      cycles.push(`${file}: imports itself by ${[...way.slice(way.indexOf(file)), file].join(' → ')}`);
      return;
    }
    state.set(file, 'open');
    way.push(file);
    for (const specifier of importsOf(sources.get(file) ?? '')) {
      if (specifier.startsWith('.')) visit(resolve(file, specifier));
    }
    way.pop();
    state.set(file, 'done');
  };
  for (const file of sources.keys()) visit(file);
  return cycles;
}
