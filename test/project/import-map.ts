/** The two tables of docs/architecture.md, as the tests of the import map read them. */
export type ImportMap = {
  readonly rooms: ReadonlyMap<string, Room>;
  /** Package → places below src/ that may import it. */
  readonly homes: ReadonlyMap<string, readonly string[]>;
};

export type Room = { readonly floor: number; readonly alsoImports: readonly string[] };

/** @throws TypeError when a table is missing or a row is not as it should be. */
export function readImportMap(markdown: string): ImportMap {
  const rooms = new Map<string, Room>();
  for (const [floor = '', room = '', , also = ''] of rowsOf(markdown, 'floor')) {
    if (!/^\d$/.test(floor) || rooms.has(room)) throw new TypeError(`the row of ${room} is not right`);
    rooms.set(room, { floor: Number(floor), alsoImports: listOf(also) });
  }
  const homes = new Map<string, readonly string[]>();
  for (const [name = '', home = ''] of rowsOf(markdown, 'package')) homes.set(name, listOf(home));
  return { rooms, homes };
}

/** Cells of the table whose first heading is this. */
export function rowsOf(markdown: string, heading: string): string[][] {
  const lines = markdown.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  if (start < 0) throw new TypeError(`there is no table that begins with ${heading}`);
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('|'));
  const rows = lines.slice(start + 2, end < 0 ? undefined : end);
  return rows.map((line) =>
    line
      .slice(1, line.lastIndexOf('|'))
      .split('|')
      .map((cell) => cell.trim()),
  );
}

function listOf(cell: string): string[] {
  return cell
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** What a module imports, type-only and dynamic imports included. Expects the formatting that Biome gives. */
export function importsOf(source: string): string[] {
  const code = source.replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '');
  const found = [
    ...code.matchAll(/^(?:import|export)\b[^;'"`]*?\bfrom\s+['"]([^'"]+)['"]/gm),
    ...code.matchAll(/^import\s+['"]([^'"]+)['"]/gm),
    ...code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g),
  ];
  return [...new Set(found.map(([, specifier = '']) => specifier))];
}

/** The room that a file below src/ belongs to; undefined when it is in none. */
export function roomOf(map: ImportMap, file: string): string | undefined {
  if (file === 'src/main.ts') return map.rooms.has('cli') ? 'cli' : undefined;
  const names = [...map.rooms.keys()].filter((room) => file.startsWith(`src/${room}/`));
  return names.toSorted((a, b) => b.length - a.length)[0];
}
