import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { importsOf, readImportMap } from './project/import-map.ts';
import { checkSources, packageOf } from './project/import-rules.ts';
import { filesBelow, ROOT, read, readAll, readPackage } from './project/repository.ts';

const map = readImportMap(read('docs/architecture.md'));
const sources = readAll(filesBelow('src', '.ts'));
const packages = new Set(Object.keys(readPackage().dependencies));

test('the sources are as docs/architecture.md says', () => {
  assert.deepEqual(checkSources(map, sources, packages), []);
});

test('every folder of src is a room of the map, and every room is a folder with a door', () => {
  const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'platform')
    .map(({ name }) => name);
  const platform = readdirSync(join(ROOT, 'src/platform')).map((name) => `platform/${name}`);

  assert.deepEqual([...folders, ...platform].sort(), [...map.rooms.keys()].sort());
  for (const room of map.rooms.keys()) assert.ok(sources.has(`src/${room}/index.ts`), `${room} has no door`);
});

test('every door begins with a comment that says what the room is for', () => {
  const silent = [...map.rooms.keys()].filter(
    (room) => !sources.get(`src/${room}/index.ts`)?.startsWith('/**'),
  );

  assert.deepEqual(silent, []);
});

test('every runtime dependency is imported somewhere', () => {
  const imported = new Set([...sources.values()].flatMap((text) => importsOf(text).map(packageOf)));

  assert.deepEqual(
    [...packages].filter((name) => !imported.has(name)),
    [],
  );
});

test('every package of the map is a dependency', () => {
  const installed = { ...readPackage().dependencies, ...readPackage().devDependencies };

  assert.deepEqual(
    [...map.homes.keys()].filter((name) => !(name in installed)),
    [],
  );
});

suite('the check itself', () => {
  const small = readImportMap(
    [
      '| floor | room | what | may also import |',
      '|---|---|---|---|',
      '| 2 | login | | |',
      '| 1 | grants | | people |',
      '| 1 | people | | |',
      '| 1 | sandbox | | |',
      '| 0 | base | | |',
      '',
      '| package | home |',
      '|---|---|',
      '| pg | people |',
      '| express | **/routes.ts |',
    ].join('\n'),
  );
  const doors = Object.fromEntries([...small.rooms.keys()].map((room) => [`src/${room}/index.ts`, '']));
  const check = (files: Record<string, string>): string[] =>
    checkSources(small, new Map(Object.entries({ ...doors, ...files })), new Set(['pg', 'express', 'zod']));

  test('takes what the map allows', () => {
    const found = check({
      'src/login/routes.ts': "import express from 'express';\nimport { a } from '../grants/index.ts';",
      'src/grants/store.ts': "import type { b } from '../people/index.ts';\nimport { z } from 'zod';",
      'src/people/store.ts': "import { Pool } from 'pg';\nimport { join } from 'node:path';",
      'src/sandbox/store.ts': "import { Pool } from 'pg';\nimport { c } from '../base/index.ts';",
    });

    assert.deepEqual(found, []);
  });

  const violations: readonly (readonly [string, Record<string, string>, RegExp])[] = [
    [
      'a higher floor',
      { 'src/base/x.ts': "import { a } from '../login/index.ts';" },
      /base may not import login/,
    ],
    [
      'a type of a higher floor',
      { 'src/base/x.ts': "import type { A } from '../login/index.ts';" },
      /base may not/,
    ],
    [
      'a neighbour',
      { 'src/people/x.ts': "export { a } from '../grants/index.ts';" },
      /people may not import grants/,
    ],
    ['a dynamic import', { 'src/base/x.ts': "const a = await import('../login/index.ts');" }, /base may not/],
    [
      'an import over several lines',
      { 'src/base/x.ts': "import {\n  type A,\n  b,\n} from '../login/index.ts';" },
      /base may not/,
    ],
    [
      'a way past the door',
      { 'src/login/x.ts': "import { a } from '../grants/store.ts';", 'src/grants/store.ts': '' },
      /past the door of grants/,
    ],
    [
      'a sandbox that knows more than base',
      { 'src/sandbox/x.ts': "import '../people/index.ts';" },
      /base only/,
    ],
    [
      'a package away from home',
      { 'src/grants/x.ts': "import { Pool } from 'pg';" },
      /pg is at home in people/,
    ],
    [
      'a type of such a package',
      { 'src/login/x.ts': "import type { Router } from 'express';" },
      /express is at home/,
    ],
    [
      'a subpath of such a package',
      { 'src/grants/x.ts': "import { Pool } from 'pg/lib/pool.js';" },
      /pg is at home/,
    ],
    [
      'a package nobody asked for',
      { 'src/base/x.ts': "import lodash from 'lodash';" },
      /lodash is not a dependency/,
    ],
    ['a file that is not there', { 'src/base/x.ts': "import { a } from './gone.ts';" }, /which is not there/],
    [
      'a cycle of types',
      {
        'src/base/x.ts': "import type { Y } from './y.ts';",
        'src/base/y.ts': "export type { X } from './x.ts';",
      },
      /imports itself by/,
    ],
    ['a drawer', { 'src/base/utils.ts': '' }, /is a drawer/],
    ['a folder of drawers', { 'src/base/common/time.ts': '' }, /is a drawer/],
    ['a file that is too long', { 'src/base/x.ts': 'let a;\n'.repeat(401) }, /more than 400 lines/],
    ['a file outside every room', { 'src/attic/x.ts': '' }, /belongs to no room/],
  ];
  for (const [what, files, expected] of violations) {
    test(`refuses ${what}`, () => {
      const found = check(files);

      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0] ?? '', expected);
    });
  }

  test('does not take a comment for an import', () => {
    assert.deepEqual(check({ 'src/base/x.ts': "// import { a } from '../login/index.ts';\n" }), []);
  });
});
