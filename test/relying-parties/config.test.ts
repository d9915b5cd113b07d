import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { z } from 'zod';
import type { Problem } from '../../src/base/index.ts';
import { ConfigurationError } from '../../src/base/index.ts';
import { parseConfig } from '../../src/platform/config/index.ts';
import {
  checkRegistry,
  createRegistry,
  type KindShape,
  relyingPartySchema,
  splitShorthand,
  targetSchema,
} from '../../src/relying-parties/index.ts';

// R5.1: where people enter and where accounts live are two things; written as one, they are still two.

const roles = z.array(
  z.strictObject({ id: z.string(), title: z.string().optional(), level: z.int().optional() }),
);
const KINDS: readonly KindShape[] = [
  {
    kind: 'shop',
    access: z.strictObject({ channel: z.int(), roles }),
    target: z.strictObject({ hash: z.string() }),
  },
  { kind: 'wiki', access: z.strictObject({ home: z.string(), roles }) },
  {
    kind: 'mail',
    access: z.strictObject({ roles }),
    target: z.strictObject({ host: z.string() }),
  },
];
const File = z.strictObject({
  targets: z.array(targetSchema(KINDS)).default([]),
  relyingParties: z.array(relyingPartySchema(KINDS)).default([]),
});

const split = (yaml: string) => {
  const file = parseConfig(yaml, '/', File);
  return splitShorthand(KINDS, file.relyingParties, file.targets);
};

function problemsOf(yaml: string): readonly Problem[] {
  try {
    return checkRegistry(split(yaml), (kind) => [kind]);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    return error.problems;
  }
}

const SHOP = '{ id: shop, kind: shop, target: bc, channel: 1, roles: [{ id: reader, level: 2 }] }';
const TARGETS = 'targets: [{ id: bc, kind: shop, hash: abc }, { id: post, kind: mail, host: h }]';

test('a place to enter and the target of its accounts are read as they were written', () => {
  const { relyingParties, targets } = split(`${TARGETS}\nrelyingParties: [${SHOP}]`);

  assert.deepEqual(targets, [
    { id: 'bc', kind: 'shop', settings: { hash: 'abc' } },
    { id: 'post', kind: 'mail', settings: { host: 'h' } },
  ]);
  assert.deepEqual(relyingParties, [
    {
      ...{
        id: 'shop',
        kind: 'shop',
        title: 'shop',
        description: '',
        enabled: true,
        hidden: false,
        scopes: [],
      },
      ...{ target: 'bc', roles: [{ id: 'reader', title: 'reader' }] },
      access: { channel: 1, roles: [{ id: 'reader', level: 2 }] },
    },
  ]);
});

test('both in one object become two, under one id', () => {
  const { relyingParties, targets } = split(
    'relyingParties: [{ id: shop, kind: shop, hash: abc, channel: 1, roles: [{ id: reader, title: Reader }] }]',
  );

  assert.deepEqual(targets, [{ id: 'shop', kind: 'shop', settings: { hash: 'abc' } }]);
  assert.equal(relyingParties[0]?.target, 'shop');
  assert.deepEqual(relyingParties[0]?.access, { channel: 1, roles: [{ id: 'reader', title: 'Reader' }] });
  assert.deepEqual(relyingParties[0]?.roles, [{ id: 'reader', title: 'Reader' }]);
});

test('a kind without accounts has no target, also when it is written alone', () => {
  const { relyingParties, targets } = split(
    'relyingParties: [{ id: wiki, kind: wiki, home: /, roles: [{ id: reader }], hidden: true, enabled: false }]',
  );

  assert.deepEqual(targets, []);
  assert.equal(relyingParties[0]?.target, undefined);
  assert.equal(relyingParties[0]?.hidden, true);
  assert.equal(relyingParties[0]?.enabled, false);
});

suite('what is wrong is named with its place and what to do', () => {
  const shop = (more: string): string => SHOP.replace('id: shop,', `id: shop, ${more},`);
  for (const [what, yaml, problems] of [
    [
      'a target that does not exist',
      `relyingParties: [${SHOP}]`,
      [{ path: 'relyingParties[0].target', message: 'no target has the id bc; add it under targets' }],
    ],
    [
      'a target of another kind',
      `${TARGETS}\nrelyingParties: [${SHOP.replace('target: bc', 'target: post')}]`,
      [{ path: 'relyingParties[0].target', message: 'post is a mail; name one of kind shop' }],
    ],
    [
      'an id that is used twice',
      `${TARGETS}\nrelyingParties: [${SHOP}, ${SHOP}]`,
      [{ path: 'relyingParties[1].id', message: 'shop is used twice; ids are unique' }],
    ],
    [
      'a target that is given twice',
      'targets: [{ id: bc, kind: shop, hash: a }, { id: bc, kind: shop, hash: b }]',
      [{ path: 'targets[1].id', message: 'bc is used twice; ids are unique' }],
    ],
    [
      'a shorthand whose target takes the id of another',
      'targets: [{ id: one, kind: shop, hash: a }]\n' +
        'relyingParties: [{ id: one, kind: shop, hash: b, channel: 1, roles: [] }]',
      [{ path: 'targets[1].id', message: 'one is used twice; ids are unique' }],
    ],
    [
      'a role that is given twice',
      `${TARGETS}\nrelyingParties: [${SHOP.replace('[{ id: reader', '[{ id: reader }, { id: reader')}]`,
      [{ path: 'relyingParties[0].roles[1].id', message: 'reader is used twice; ids are unique' }],
    ],
    [
      'a setting that nobody knows',
      `${TARGETS}\nrelyingParties: [${shop('chanel: 2')}]`,
      [{ path: 'relyingParties[0].chanel', message: 'unknown setting; check its spelling or remove it' }],
    ],
    [
      'a kind that nobody knows',
      'relyingParties: [{ id: x, kind: shpo, roles: [] }]',
      [{ path: 'relyingParties[0].kind', message: 'not one of the known kinds' }],
    ],
    [
      'a scope with a space in it',
      `${TARGETS}\nrelyingParties: [${shop('scopes: ["a b"]')}]`,
      [
        {
          path: 'relyingParties[0].scopes[0]',
          message: 'a scope has no white space; give each one an entry',
        },
      ],
    ],
  ] as const) {
    test(what, () => {
      assert.deepEqual(problemsOf(yaml), problems);
    });
  }

  test('ids that cannot stand in a URL', () => {
    for (const id of ['Shop', 'my shop', '-shop', 'shop/', 'ü', '""']) {
      const [problem] = problemsOf(`${TARGETS}\nrelyingParties: [${SHOP.replace('id: shop', `id: ${id}`)}]`);
      assert.equal(problem?.path, 'relyingParties[0].id', id);
      assert.match(problem?.message ?? '', /lower-case letters, digits and hyphens/);
    }
  });
});

test('the registry finds places and targets by id, and the doors of one target', () => {
  const registry = createRegistry(
    split(`${TARGETS}\nrelyingParties: [${SHOP}, ${SHOP.replace('id: shop', 'id: shop-two')}]`),
  );

  assert.equal(registry.relyingParty('shop')?.id, 'shop');
  assert.equal(registry.relyingParty('toString'), undefined);
  assert.equal(registry.target('bc')?.kind, 'shop');
  assert.equal(registry.target('shop'), undefined);
  assert.deepEqual(
    registry.enteringBy('bc').map(({ id }) => id),
    ['shop', 'shop-two'],
  );
  assert.deepEqual(registry.enteringBy('post'), []);
});
