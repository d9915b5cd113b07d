import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { BARE, bodies, operations, refusal, table, USER, update } from './scim-odd-server.ts';
import { type Json, startScimStub } from './scim-stub.ts';

suite('changes', () => {
  const after = { ...BARE, active: false };

  test('a plain change is one PATCH with the version that was read', async () => {
    await using stub = await startScimStub(table({ 'PATCH /Users/u1': { body: after } }));

    const answer = await update(stub, { active: 'no' }, { refs: { version: 'W/"4"' } });

    assert.ok(answer.outcome === 'written');
    assert.equal(answer.account.image['active'], 'no');
    assert.equal(stub.received[0]?.headers['if-match'], 'W/"4"');
    assert.deepEqual(stub.received[0]?.body, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'replace', path: 'active', value: false }],
    });
  });

  test('one value among several is named by its type, and the others stay', async () => {
    const raw = {
      ...BARE,
      EMAILS: undefined,
      emails: [
        { value: 'old@halden.example', type: 'work', primary: true },
        { value: 'home@mail.example', type: 'home' },
      ],
    };
    await using stub = await startScimStub(
      table({ 'GET /Users/u1': { body: raw }, 'PATCH /Users/u1': { status: 204 } }),
    );

    await update(stub, { mail: 'mira@halden.example' });

    assert.deepEqual(operations(stub), [
      { op: 'replace', path: 'emails[type eq "work"].value', value: 'mira@halden.example' },
    ]);
  });

  test('a value path that is refused gives way to the whole list', async () => {
    const raw = {
      ...BARE,
      EMAILS: undefined,
      emails: [
        { value: 'old@halden.example', type: 'work', display: 'old' },
        { value: 'home@mail.example', type: 'home' },
      ],
    };
    await using stub = await startScimStub(({ method, body }) => {
      if (method === 'GET') return { body: raw };
      return body.Operations.some(({ path }: Json) => path.includes('['))
        ? refusal(400, 'invalidPath')
        : { status: 204 };
    });

    const answer = await update(stub, { mail: 'mira@halden.example' });

    assert.equal(answer.outcome, 'written');
    assert.deepEqual(operations(stub).at(-1), {
      ...{ op: 'replace', path: 'emails' },
      value: [
        { value: 'mira@halden.example', type: 'work' },
        { value: 'home@mail.example', type: 'home' },
      ],
    });
  });

  test('what was refused for its value alone is told as such, after the forms were tried', async () => {
    await using stub = await startScimStub(table({ 'PATCH /Users/u1': refusal(400, 'invalidValue') }));

    const answer = await update(stub, { active: 'no' });

    assert.deepEqual(answer, { outcome: 'invalid', detail: 'status 400 invalidvalue' });
    assert.deepEqual(
      operations(stub).map(({ op, value }) => [op, value]),
      [
        ['replace', false],
        ['replace', 'False'],
        ['Replace', false],
        ['Replace', 'False'],
      ],
    );
  });

  test('forms that worked once are not doubted later', async () => {
    await using stub = await startScimStub(
      table({ 'PATCH /Users/u1': [{ body: after }, refusal(400, 'invalidValue')] }),
    );

    await update(stub, { active: 'no' });
    await update(stub, { active: 'no' });

    assert.equal(stub.received.length, 2);
  });

  test('a version that is out of date is read again, and the change sent once more', async () => {
    await using stub = await startScimStub(
      table({
        'PATCH /Users/u1': [{ status: 412 }, { body: after }],
        'GET /Users/u1': { body: BARE, headers: { etag: 'W/"5"' } },
      }),
    );

    const answer = await update(stub, { active: 'no' }, { refs: { version: 'W/"4"' } });

    assert.equal(answer.outcome, 'written');
    assert.deepEqual(
      stub.received.map(({ method, headers }) => [method, headers['if-match']]),
      [
        ['PATCH', 'W/"4"'],
        ['GET', undefined],
        ['PATCH', 'W/"5"'],
      ],
    );
  });

  test('a server that demands a version gets one', async () => {
    await using stub = await startScimStub(({ method, headers }) => {
      if (method === 'GET') return { body: { ...BARE, meta: { version: '"9"' } } };
      return headers['if-match'] === '"9"' ? { body: after } : { status: 428 };
    });

    assert.equal((await update(stub, { active: 'no' })).outcome, 'written');
  });

  test('versions that match nothing are given up', async () => {
    await using stub = await startScimStub(({ method, headers }) => {
      if (method === 'GET') return { body: BARE, headers: { etag: 'W/"5"' } };
      return headers['if-match'] === undefined ? { body: after } : { status: 412 };
    });

    assert.equal((await update(stub, { active: 'no' }, { refs: { version: 'W/"5"' } })).outcome, 'written');
  });

  test('somebody who always is faster wins for now', async () => {
    let version = 0;
    await using stub = await startScimStub(({ method }) =>
      method === 'GET' ? { body: BARE, headers: { etag: `"${version++}"` } } : { status: 412 },
    );

    const answer = await update(stub, { active: 'no' }, { refs: { version: '"x"' } });

    assert.deepEqual(answer, {
      outcome: 'unavailable',
      code: 'provisioning.busy',
      retryAfterSeconds: 2,
      maybeApplied: false,
    });
  });

  for (const reply of [{ status: 405 }, refusal(501), { status: 404 }]) {
    test(`without PATCH (${reply.status}) the whole resource goes by PUT, and what is unknown stays`, async () => {
      const raw = {
        ...BARE,
        schemas: [USER],
        title: 'Buyer',
        'urn:example:2.0:User': { badge: 7 },
        meta: { version: 'W/"1"' },
        groups: [{ value: 'g1' }],
      };
      await using stub = await startScimStub(
        table({
          'PATCH /Users/u1': reply,
          'GET /Users/u1': { body: raw },
          'PUT /Users/u1': { body: { ...raw, active: false } },
        }),
      );

      const answer = await update(stub, { active: 'no' });

      assert.equal(answer.outcome, 'written');
      assert.deepEqual(bodies(stub, 'PUT'), [
        {
          ...BARE,
          active: false,
          schemas: [USER, 'urn:example:2.0:User'],
          title: 'Buyer',
          'urn:example:2.0:User': { badge: 7 },
        },
      ]);
      assert.equal(stub.received.at(-1)?.headers['if-match'], 'W/"1"');
    });
  }

  test('an account that is gone is gone, whatever the method', async () => {
    await using stub = await startScimStub(() => refusal(404));

    assert.deepEqual(await update(stub, { active: 'no' }), { outcome: 'gone' });
  });

  test('a detail that the server drops shows as not kept', async () => {
    await using stub = await startScimStub(
      table({ 'PATCH /Users/u1': { body: BARE }, 'GET /Users/u1': { body: BARE } }),
      { attributes: { title: 'department' } },
    );

    const answer = await update(stub, { title: 'Buyer' });

    assert.ok(answer.outcome === 'written');
    assert.equal(answer.account.image['title'], '');
  });

  test('an account that stays active after it was made inactive is not called inactive', async () => {
    const silent = { ...BARE, active: undefined };
    await using stub = await startScimStub(
      table({ 'PATCH /Users/u1': { status: 204 }, 'GET /Users/u1': { body: silent } }),
    );

    const answer = await update(stub, { active: 'no' });

    assert.ok(answer.outcome === 'written');
    assert.equal(answer.account.image['active'], 'yes');
  });
});
