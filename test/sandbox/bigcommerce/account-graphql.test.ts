import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerGraphql, Refused, type Schema } from '../../../src/sandbox/bigcommerce/graphql/index.ts';

type Context = { readonly scopes: readonly string[]; readonly log: string[] };

const SCHEMA: Schema<Context> = {
  query: 'Query',
  mutation: 'Mutation',
  objects: {
    Query: {
      echo: {
        type: 'String',
        args: { text: 'String', list: '[Int!]' },
        resolve: (_, args) => JSON.stringify(args),
      },
      pet: { type: 'Pet', args: { name: 'String!' }, resolve: (_, { name }) => petOf(String(name)) },
      pets: { type: '[Pet!]!', resolve: () => ['rex', 'tom'].map(petOf) },
      secret: { type: 'String', scopes: ['keys'], resolve: () => 'shh' },
    },
    Mutation: {
      note: {
        type: 'String!',
        args: { input: 'NoteInput!' },
        resolve: (_, { input }, { log }) => {
          const { text } = input as { readonly text: string };
          if (text === 'bad') throw new Refused('That is bad.', { code: 'BAD' });
          log.push(text);
          return text;
        },
      },
    },
    Dog: { name: { type: 'String!' }, barks: { type: 'Boolean' } },
    Cat: { name: { type: 'String!' }, owner: { type: 'String!' } },
  },
  interfaces: { Pet: { name: 'String!' } },
  inputs: { NoteInput: { text: 'String!', tags: '[String!]' } },
  mayRead: ({ scopes }, wanted) => wanted.some((scope) => scopes.includes(scope)),
};

function petOf(name: string): object {
  return name === 'tom' ? { __typename: 'Cat', name } : { __typename: 'Dog', name, barks: true };
}

function ask(query: string, more: Record<string, unknown> = {}, context: Partial<Context> = {}) {
  return answerGraphql(SCHEMA, { query, ...more }, { scopes: [], log: [], ...context });
}

const dataOf = (query: string, more?: Record<string, unknown>) => {
  const answer = ask(query, more);
  return answer.outcome === 'ran' ? answer.data : answer.errors;
};

test('aliases, arguments, comments and strings of both kinds are read', () => {
  const data = dataOf(`# a comment, with commas
    { a: echo(text: "x\\u0041\\"", list: [1, 2]), b: echo(text: """ block "text" """) c: echo(list: 3) }`);

  assert.deepEqual(data, {
    a: '{"text":"xA\\"","list":[1,2]}',
    b: '{"text":"block \\"text\\""}',
    c: '{"list":3}',
  });
});

test('fragments apply to the types they are on', () => {
  const data = dataOf(`query Pets($with: Boolean = false) {
    pets { __typename ...Named ... on Dog { barks } }
    pet(name: "rex") { ... on Cat { name } ... @include(if: $with) { name } name @skip(if: true) }
  }
  fragment Named on Pet { name }`);

  assert.deepEqual(data, {
    pets: [
      { __typename: 'Dog', name: 'rex', barks: true },
      { __typename: 'Cat', name: 'tom' },
    ],
    pet: {},
  });
});

test('variables are checked and have fallbacks', () => {
  const query =
    'query($name: String! = "tom", $list: [Int!]) { pet(name: $name) { name } echo(list: $list) }';

  assert.deepEqual(dataOf(query, { variables: { list: [1] } }), {
    pet: { name: 'tom' },
    echo: '{"list":[1]}',
  });
  assert.match(JSON.stringify(dataOf(query, { variables: { list: ['one'] } })), /Variable '\$list'/);
  assert.match(JSON.stringify(dataOf('query($n: String!) { pet(name: $n) { name } }')), /Variable '\$n'/);
});

test('problems are told with their line and column', () => {
  const places = (query: string) => {
    const answer = ask(query);
    return answer.outcome === 'rejected' && answer.errors.map(({ locations }) => locations?.[0]);
  };

  assert.deepEqual(places('{\n  echo\n  nothing\n  """a\nb"""'), [{ line: 4, column: 3 }]);
  assert.deepEqual(places('{\n  echo(text: """a\nb""")\n  nothing nowhere }'), [
    { line: 4, column: 3 },
    { line: 4, column: 11 },
  ]);
  assert.deepEqual(places('{ echo'), [{ line: 1, column: 7 }]);
});

test('several operations need a name', () => {
  const query = 'query A { echo(text: "a") } query B { echo(text: "b") }';

  assert.deepEqual(dataOf(query, { operationName: 'B' }), { echo: '{"text":"b"}' });
  assert.equal(ask(query).outcome, 'rejected');
  assert.equal(ask(query, { operationName: 'C' }).outcome, 'rejected');
});

test('a missing value empties its parent as far as it may', () => {
  const answer = ask('{ pet(name: "tom") { ... on Cat { name owner } } pets { ... on Cat { owner } } }');

  assert.deepEqual(answer, { outcome: 'ran', data: null, errors: [] });
  assert.deepEqual(dataOf('{ pet(name: "tom") { ... on Cat { owner } } echo }'), { pet: null, echo: '{}' });
});

test('a refusal stands beside null, and what came before it has happened', () => {
  const log: string[] = [];
  const answer = ask(
    'mutation { first: note(input: {text: "one"}) second: note(input: {text: "bad"}) }',
    {},
    { log },
  );

  assert.deepEqual(log, ['one']);
  assert.ok(answer.outcome === 'ran');
  assert.equal(answer.data, null);
  assert.deepEqual(answer.errors, [
    {
      message: 'That is bad.',
      path: ['second'],
      locations: [{ line: 1, column: 46 }],
      extensions: { code: 'BAD' },
    },
  ]);
});

test('a field without its scope is null with the scopes that it wants', () => {
  const answer = ask('{ secret echo }');

  assert.ok(answer.outcome === 'ran');
  assert.deepEqual(answer.data, { secret: null, echo: '{}' });
  assert.deepEqual(answer.errors[0]?.extensions, {
    code: 'INSUFFICIENT_ACCESS_SCOPE',
    requiredScopes: ['keys'],
  });
  const open = ask('{ secret }', {}, { scopes: ['keys'] });
  assert.deepEqual(open.outcome === 'ran' && open.data, { secret: 'shh' });
});

test('what does not fit the schema is rejected before anything runs', () => {
  const wrong = [
    '',
    '{',
    '{ }',
    '{ echo(text: "unfinished) }',
    '{ echo(text: "\\x") }',
    '{ nothing }',
    '{ echo { deeper } }',
    '{ pets }',
    '{ pet { name } }',
    '{ pet(name: 7) { name } }',
    '{ echo(list: [null]) }',
    '{ echo(shout: true) }',
    '{ echo(text: $free) }',
    '{ ...Lost }',
    '{ pets { ...A } } fragment A on Pet { ...A }',
    'mutation { note(input: {text: "x", more: 1}) }',
    'mutation { note(input: {}) }',
    'mutation { note(input: "x") }',
    'subscription { echo }',
    'fragment A on Pet { name }',
  ];
  for (const query of wrong) {
    const log: string[] = [];
    const answer = ask(query, {}, { log });
    assert.equal(answer.outcome, 'rejected', query);
    assert.ok((answer.errors[0]?.message ?? '') !== '', query);
    assert.deepEqual(log, []);
  }
  assert.equal(answerGraphql(SCHEMA, undefined, { scopes: [], log: [] }).outcome, 'rejected');
});

test('a document that never ends to read is read quickly', () => {
  const deep = `{ pets ${'{ name '.repeat(2_000)}`;
  const quotes = `{ echo(text: """${'"" '.repeat(20_000)}`;

  assert.equal(ask(deep).outcome, 'rejected');
  assert.equal(ask(quotes).outcome, 'rejected');
});
