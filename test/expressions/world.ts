import assert from 'node:assert/strict';
import {
  compileExpression,
  createEnvironment,
  type Evaluation,
  type Expression,
  type ResultType,
  type Scope,
} from '../../src/expressions/index.ts';

export const NOW = new Date('2026-03-02T09:00:00Z');

export const environment = createEnvironment({
  objects: {
    person: {
      region: 'string',
      login: 'string',
      level: 'number',
      vip: 'boolean',
      groups: { type: 'list', maxItems: 2_000 },
      regions: 'list',
      contractEnd: 'timestamp',
    },
    identity: { connection: 'string', authTime: 'timestamp', amr: 'list' },
  },
  tables: {
    scopes: { EMEA: ['catalog:write', 'orders:read'], NA: ['orders:read'] },
    store: { EMEA: 'store-emea' },
    rank: { lead: 3 },
    open: { EMEA: true },
    none: {},
  },
});

export const PERSON = {
  region: 'EMEA',
  login: 'mira',
  level: 3,
  vip: true,
  groups: ['merchandising@staff', 'all@staff'],
  regions: ['EMEA', 'NA'],
  contractEnd: new Date('2026-04-01T00:00:00Z'),
};
const IDENTITY = { connection: 'otds', authTime: new Date('2026-03-02T08:30:00Z'), amr: ['pwd', 'otp'] };

export function scopeOf(person: Readonly<Record<string, unknown>> = PERSON, now = NOW): Scope {
  return environment.bind({ objects: { person, identity: IDENTITY }, now });
}

export function compiled<R extends ResultType>(source: string, result: R): Expression<R> {
  const outcome = compileExpression(source, { environment, result });
  if (outcome.outcome === 'invalid') assert.fail(`${source}: ${JSON.stringify(outcome.problems)}`);
  return outcome.expression;
}

export function problemsOf(source: string, result: ResultType = 'bool'): string {
  const outcome = compileExpression(source, { environment, result });
  if (outcome.outcome === 'compiled') assert.fail(`${source} was accepted`);
  return outcome.problems.map(({ line, column, message }) => `${line}:${column} ${message}`).join('\n');
}

export function evaluate(source: string, scope: Scope = scopeOf()): Evaluation<boolean> {
  return compiled(source, 'bool').evaluate(scope);
}
