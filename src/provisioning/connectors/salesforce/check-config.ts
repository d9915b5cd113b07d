import type { Problem } from '../../../base/index.ts';
import type { ConfigContext, TargetParty } from '../../connector/connector.ts';
import { PERSON_SOURCES } from '../../connector/person-values.ts';
import { SalesforceRole, type SalesforceTarget } from './config.ts';
import { isRsaKey } from './token-source.ts';
import { authorityFields, OWN_API_NAMES, REGIONAL } from './user-fields.ts';
import { templateProblem } from './username.ts';

/** What the schema cannot see. Paths are relative to the target. */
export function checkSalesforceTarget(
  settings: SalesforceTarget,
  context: ConfigContext,
): readonly Problem[] {
  const template = templateProblem(settings.username);
  return [
    ...checkUrl(settings.url),
    ...checkKeys(settings.auth),
    ...(template === undefined ? [] : [{ path: 'username', message: template }]),
    ...checkSources(settings, context),
    ...checkFields(settings),
    ...checkAuthority(settings),
    ...checkLadder(settings.ladder),
    ...checkRoles(settings, context.parties ?? []),
  ];
}

function checkUrl(url: URL): readonly Problem[] {
  const problems: Problem[] = [];
  if (url.pathname !== '/' || url.search !== '') {
    problems.push({ path: 'url', message: 'is only the host, such as https://example.my.salesforce.com' });
  }
  if (/^(login|test)\.salesforce\.com$/i.test(url.hostname)) {
    problems.push({ path: 'url', message: 'is the login page of everybody; write the My Domain instead' });
  }
  return problems;
}

function checkKeys(auth: SalesforceTarget['auth']): readonly Problem[] {
  if (auth.flow !== 'jwt-bearer') return [];
  return auth.keys.flatMap(({ privateKey }, index) =>
    isRsaKey(privateKey)
      ? []
      : [
          {
            path: `auth.keys[${index}].privateKey`,
            message: 'is no RSA key of 2048 bits or more in PEM; Salesforce takes RS256 only',
          },
        ],
  );
}

function checkSources(settings: SalesforceTarget, context: ConfigContext): readonly Problem[] {
  const { fields, manager, sponsor, regional } = settings;
  const sources: readonly (readonly [path: string, source: string | undefined])[] = [
    ...Object.entries(fields).map(([name, source]) => [`fields.${name}`, source] as const),
    ...REGIONAL.map((name) => [`regional.${name}.from`, regional[name].from] as const),
    ...([
      ['manager', manager],
      ['sponsor', sponsor],
    ] as const),
  ];
  return sources.flatMap(([path, source]) => {
    if (source === undefined || isKnownSource(source, context)) return [];
    const known = PERSON_SOURCES.join(', ');
    return [
      {
        path,
        message: `unknown source "${source}"; use ${known} or a declared attribute as attributes.NAME`,
      },
    ];
  });
}

function isKnownSource(source: string, context: ConfigContext): boolean {
  if (PERSON_SOURCES.some((known) => known === source)) return true;
  const name = source.startsWith('attributes.') ? source.slice('attributes.'.length) : undefined;
  return name !== undefined && Object.hasOwn(context.attributes, name);
}

function checkFields({ fields }: SalesforceTarget): readonly Problem[] {
  return Object.keys(fields).flatMap((name) =>
    OWN_API_NAMES.some((own) => own.toLowerCase() === name.toLowerCase())
      ? [{ path: `fields.${name}`, message: 'is set by this product from its own settings; remove it' }]
      : [],
  );
}

function checkAuthority(settings: SalesforceTarget): readonly Problem[] {
  const known = authorityFields(settings);
  return Object.keys(settings.authority)
    .filter((field) => !known.includes(field))
    .map((field) => ({
      path: `authority.${field}`,
      message: `unknown field; use one of ${known.join(', ')}`,
    }));
}

/** Rungs are taken in order: a later one cannot come before an earlier one. */
function checkLadder(ladder: SalesforceTarget['ladder']): readonly Problem[] {
  const { revokeAfter, unassignAfter, deactivateAfter } = ladder;
  const problems: Problem[] = [];
  if (unassignAfter < revokeAfter) {
    problems.push({
      path: 'ladder.unassignAfter',
      message: 'comes before revokeAfter; make it as long or longer',
    });
  }
  if (deactivateAfter < unassignAfter) {
    const message = 'comes before unassignAfter; make it as long or longer';
    problems.push({ path: 'ladder.deactivateAfter', message });
  }
  return problems;
}

/** What contradicts itself whatever the organization has; what it lacks is told by `prepare`. */
function checkRoles(settings: SalesforceTarget, parties: readonly TargetParty[]): readonly Problem[] {
  return parties.flatMap((party) => {
    const roles = party.roles.flatMap(({ id, account }) => {
      const parsed = SalesforceRole.safeParse(account ?? {});
      return parsed.success ? [{ id, means: parsed.data }] : [];
    });
    const path = `relyingParties.${party.id}.roles`;
    const without =
      roles.length > 0 && roles.every(({ means }) => means.profile === undefined)
        ? [{ path, message: 'no role names a profile, so nobody could be made; add one to each' }]
        : [];
    const givesProtected = roles.flatMap(({ id, means: { profile = '' } }) => {
      if (!settings.protectedProfiles.includes(profile)) return [];
      const message = `profile ${profile} is protected; name another, or take it out of protectedProfiles`;
      return [{ path: `${path}.${id}.account.profile`, message }];
    });
    return [...without, ...givesProtected];
  });
}
