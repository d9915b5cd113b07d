import { type Problem, parseTimeWindow, type TimeWindow } from '../base/index.ts';
import {
  type Compiled,
  compileExpression,
  type Environment,
  type Expression,
  type ResultType,
} from '../expressions/index.ts';
import type { GiveConfig, RuleConfig } from './config.ts';
import { type Ending, parseEnding } from './ending.ts';
import { createSchedule, type Schedule } from './schedule.ts';

export type CompiledGive = {
  readonly relyingParty: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly scopesFrom?: Expression<'list<string>'>;
  readonly until?: Ending;
  readonly schedule?: Schedule;
};

export type CompiledRule = {
  readonly config: RuleConfig;
  readonly when: Expression<'bool'>;
  readonly gives: readonly CompiledGive[];
};

/** Turns one rule into its evaluable form. Problems have paths below `path`, such as `rules[2].give[0].until`. */
export function compileRule(
  config: RuleConfig,
  path: string,
  environment: Environment,
): { readonly rule: CompiledRule | undefined; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const when = unwrap(
    compileExpression(config.when, { environment, result: 'bool' }),
    `${path}.when`,
    problems,
  );
  const gives = (config.give ?? []).map((give, index) =>
    compileGive(give, `${path}.give[${index}]`, {
      zone: give.timeZone ?? config.timeZone ?? 'UTC',
      environment,
      problems,
    }),
  );
  return { rule: when && { config, when, gives }, problems };
}

type Surroundings = {
  readonly zone: string;
  readonly environment: Environment;
  readonly problems: Problem[];
};

function compileGive(give: GiveConfig, path: string, around: Surroundings): CompiledGive {
  const { environment, problems, zone } = around;
  const until = give.until === undefined ? undefined : parseEnding(give.until, zone, environment);
  if (until && 'problems' in until) {
    for (const message of until.problems) problems.push({ path: `${path}.until`, message });
  }
  const scopesFrom =
    give.scopesFrom === undefined
      ? undefined
      : unwrap(
          compileExpression(give.scopesFrom, { environment, result: 'list<string>', mayUseNow: false }),
          `${path}.scopesFrom`,
          problems,
        );
  const windows = give.windows?.flatMap((text, index) =>
    compileWindow(text, `${path}.windows[${index}]`, problems),
  );
  return {
    relyingParty: give.relyingParty,
    roles: give.roles,
    scopes: give.scopes ?? [],
    ...(scopesFrom ? { scopesFrom } : {}),
    ...(until && 'ending' in until ? { until: until.ending } : {}),
    ...(windows ? { schedule: createSchedule(windows) } : {}),
  };
}

function compileWindow(text: string, path: string, problems: Problem[]): readonly TimeWindow[] {
  const parsed = parseTimeWindow(text);
  if ('window' in parsed) return [parsed.window];
  problems.push({ path, message: parsed.problem });
  return [];
}

function unwrap<R extends ResultType>(
  compiled: Compiled<R>,
  path: string,
  problems: Problem[],
): Expression<R> | undefined {
  if (compiled.outcome === 'compiled') return compiled.expression;
  for (const { line, column, message } of compiled.problems) {
    problems.push({ path, message: `${line}:${column} ${message}` });
  }
  return undefined;
}
