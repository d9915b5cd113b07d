import { isTimeZone, type Problem } from '../base/index.ts';
import { PERSON_FIELDS } from '../expressions/index.ts';
import { compileRule } from './compile.ts';
import type { CapConfig, GiveConfig, RuleConfig } from './config.ts';
import type { PolicyInput, PolicyRelyingParty } from './input.ts';
import { createVocabulary } from './vocabulary.ts';

type Parties = ReadonlyMap<string, PolicyRelyingParty>;

/**
 * Finds everything that is wrong with the rules, before anybody depends on them. Paths start at the configuration's
 * root: `rules[2].give[0].roles[1]`. Changes nothing.
 */
export function checkRules(
  rules: readonly RuleConfig[],
  around: Omit<PolicyInput, 'rules'>,
): readonly Problem[] {
  const parties: Parties = new Map(around.relyingParties.map((party) => [party.id, party]));
  const environment = createVocabulary(around.attributes, around.tables);
  return [
    ...checkAttributes(around.attributes),
    ...checkIds(rules),
    ...rules.flatMap((rule, index) => {
      const path = `rules[${index}]`;
      return [
        ...compileRule(rule, path, environment).problems,
        ...checkZones(rule, path),
        ...checkEffects(rule, path, parties),
      ];
    }),
  ];
}

// Words that CEL keeps for itself: an attribute of this name could be declared, but never asked for.
const RESERVED = new Set(
  'as break const continue else false for function if import in let loop namespace null package return true var void while'.split(
    ' ',
  ),
);

function checkAttributes(attributes: PolicyInput['attributes']): readonly Problem[] {
  return Object.keys(attributes).flatMap((name) => {
    const path = `attributes.${name}`;
    if (Object.hasOwn(PERSON_FIELDS, name)) {
      return [{ path, message: `person.${name} exists for everybody; remove it or choose another name` }];
    }
    if (/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(name) && !RESERVED.has(name)) return [];
    return [
      {
        path,
        message: 'is not a name that rules can use; take letters, digits and _, starting with a letter',
      },
    ];
  });
}

function checkIds(rules: readonly RuleConfig[]): readonly Problem[] {
  const first = new Map<string, number>();
  return rules.flatMap(({ id }, index) => {
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, index);
    if (earlier === undefined) return [];
    return [
      {
        path: `rules[${index}].id`,
        message: `"${id}" is also the id of rules[${earlier}]; give each rule its own`,
      },
    ];
  });
}

function checkZones(rule: RuleConfig, path: string): readonly Problem[] {
  const zones = [
    { path: `${path}.timeZone`, zone: rule.timeZone },
    ...(rule.give ?? []).map((give, index) => ({
      path: `${path}.give[${index}].timeZone`,
      zone: give.timeZone,
    })),
  ];
  return zones.flatMap(({ path, zone }) =>
    zone === undefined || isTimeZone(zone)
      ? []
      : [{ path, message: `unknown time zone "${zone}"; use an IANA name such as Europe/Berlin` }],
  );
}

function checkEffects(rule: RuleConfig, path: string, parties: Parties): readonly Problem[] {
  if (!rule.give?.length && !rule.cap && !rule.deny?.length) {
    return [{ path, message: 'does nothing; add give, cap or deny, or remove the rule' }];
  }
  return [
    ...(rule.give ?? []).flatMap((give, index) => checkGive(give, `${path}.give[${index}]`, parties)),
    ...(rule.cap?.length === 0
      ? [
          {
            path: `${path}.cap`,
            message: 'lists nothing and would take everything away; list what stays, or use deny with "*"',
          },
        ]
      : []),
    ...(rule.cap ?? []).flatMap((cap, index) => checkCap(cap, `${path}.cap[${index}]`, parties)),
    ...(rule.deny ?? []).flatMap(({ relyingParty }, index) =>
      relyingParty === '*' ? [] : checkParty(relyingParty, `${path}.deny[${index}]`, parties),
    ),
  ];
}

function checkGive(give: GiveConfig, path: string, parties: Parties): readonly Problem[] {
  const { roles, scopes = [], scopesFrom, windows } = give;
  const problems = [...checkParty(give.relyingParty, path, parties)];
  if (roles.length === 0 && scopes.length === 0 && scopesFrom === undefined) {
    problems.push({ path, message: 'gives nothing; name roles, scopes or scopesFrom' });
  }
  if (windows?.length === 0) {
    problems.push({
      path: `${path}.windows`,
      message: 'lists no window, so it never opens; add one or remove the key',
    });
  }
  return [...problems, ...checkNames(give.relyingParty, { roles, scopes }, path, parties)];
}

function checkCap(cap: CapConfig, path: string, parties: Parties): readonly Problem[] {
  const names = {
    roles: cap.roles === '*' ? [] : (cap.roles ?? []),
    scopes: cap.scopes === '*' ? [] : (cap.scopes ?? []),
  };
  const problems = [
    ...checkParty(cap.relyingParty, path, parties),
    ...checkNames(cap.relyingParty, names, path, parties),
  ];
  if (cap.roles === undefined || cap.roles.length === 0) {
    problems.push({ path, message: 'keeps no role, so nobody could enter; name roles, or "*" for all' });
  }
  return problems;
}

function checkParty(id: string, path: string, parties: Parties): readonly Problem[] {
  if (parties.has(id)) return [];
  return [
    {
      path: `${path}.relyingParty`,
      message: `unknown relying party "${id}"; ${listOf([...parties.keys()])}`,
    },
  ];
}

function checkNames(
  relyingParty: string,
  names: { readonly roles: readonly string[]; readonly scopes: readonly string[] },
  path: string,
  parties: Parties,
): readonly Problem[] {
  const party = parties.get(relyingParty);
  if (!party) return [];
  const unknown = (what: 'role' | 'scope', declared: readonly string[]) =>
    names[`${what}s`].flatMap((name, index) =>
      declared.includes(name)
        ? []
        : [
            {
              path: `${path}.${what}s[${index}]`,
              message: `unknown ${what} "${name}" of ${relyingParty}; ${listOf(declared)}`,
            },
          ],
    );
  // Scopes may be left undeclared; roles never (R4.5).
  return [...unknown('role', party.roles), ...unknown('scope', party.scopes ?? names.scopes)];
}

function listOf(known: readonly string[]): string {
  return known.length > 0 ? `declared are ${known.join(', ')}` : 'none is declared';
}
