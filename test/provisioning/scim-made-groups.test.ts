import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { refusal } from './scim-odd-server.ts';
import { type Answering, type Reply, startScimStub } from './scim-stub.ts';
import { budget } from './scim-world.ts';

/** Groups that somebody makes between our look and our own creation, which is answered as the test says. */
function overtaken(reply: Reply): Answering {
  const made: string[] = [];
  return ({ method, path, query, body }) => {
    if (path === '/Users') return { body: { totalResults: 0 } };
    if (path !== '/Groups') return undefined;
    if (method === 'POST') {
      made.push(body.displayName);
      return reply;
    }
    const named = /^displayName eq "(.*)"$/.exec(query['filter'] ?? '')?.[1];
    const Resources = made.flatMap((name) =>
      named === undefined || named === name ? [{ id: `id of ${name}`, displayName: name }] : [],
    );
    return { body: { totalResults: Resources.length, Resources } };
  };
}

suite('a group that is missing and meant to be made', () => {
  for (const [name, reply] of [
    ['refuses the name as taken', refusal(409, 'uniqueness')],
    ['refuses the name as taken, in its own way', { status: 400, body: { detail: 'Group already exists' } }],
    ['made it and failed', { status: 500 }],
    ['made it behind a proxy that gave up', { status: 503, body: '<html>' }],
    ['made it and says nothing', { status: 201 }],
  ] as const) {
    test(`is found again when the server ${name}`, async () => {
      await using stub = await startScimStub(overtaken(reply), { createGroups: true });

      const answer = await stub.target.prepare(budget());

      assert.ok(answer.outcome === 'prepared', JSON.stringify(answer));
      assert.deepEqual((answer.facts as { groupIds: object }).groupIds, {
        Editors: 'id of Editors',
        Readers: 'id of Readers',
      });
      assert.deepEqual(
        answer.problems.filter(({ path }) => path === 'roles'),
        [],
      );
    });
  }

  for (const status of [400, 403, 501]) {
    test(`and refused for good (${status}) is a problem that says what to do`, async () => {
      await using stub = await startScimStub(
        ({ method, path }) => {
          if (method === 'POST') return { status };
          return path === '/Users' || path === '/Groups' ? { body: { totalResults: 0 } } : undefined;
        },
        { createGroups: true },
      );

      const answer = await stub.target.prepare(budget());

      assert.ok(answer.outcome === 'prepared', JSON.stringify(answer));
      const told = answer.problems.filter(({ path }) => path === 'roles');
      assert.equal(told.length, 2);
      assert.match(told[0]?.message ?? '', /could not be made .*make it by hand/);
    });
  }
});
