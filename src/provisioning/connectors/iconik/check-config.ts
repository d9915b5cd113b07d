import type { Problem } from '../../../base/index.ts';
import type { Credential, IconikTarget } from './config.ts';

/** Problems that the schema cannot see. Paths are relative to the target. */
export function checkIconikTarget(settings: IconikTarget): readonly Problem[] {
  return [...settings.credentials.flatMap(checkCredential), ...checkDomains(settings), ...checkUrl(settings)];
}

function checkCredential(credential: Credential, index: number): readonly Problem[] {
  const path = `credentials[${index}]`;
  const { appId, authToken, clientId, clientSecret, tokenUrl, scopes } = credential;
  const isOAuth = clientId !== undefined || clientSecret !== undefined;
  if (isOAuth && authToken !== undefined) {
    return [{ path, message: 'has an application token and an OAuth client; make them two credentials' }];
  }
  if (isOAuth) {
    if (clientId !== undefined && clientSecret !== undefined) return [];
    const missing = clientId === undefined ? 'clientId' : 'clientSecret';
    return [
      { path: `${path}.${missing}`, message: 'missing; an OAuth client needs clientId and clientSecret' },
    ];
  }
  const problems: Problem[] = [];
  if (appId === undefined || authToken === undefined) {
    const message = 'missing; give appId and authToken, or clientId and clientSecret';
    problems.push({ path: `${path}.${appId === undefined ? 'appId' : 'authToken'}`, message });
  }
  if (tokenUrl !== undefined || scopes.length > 0) {
    problems.push({ path, message: 'tokenUrl and scopes belong to an OAuth client; remove them' });
  }
  return problems;
}

function checkDomains({ identityProvider }: IconikTarget): readonly Problem[] {
  const seen = new Set<string>();
  return (identityProvider?.domains ?? []).flatMap((domain, index) => {
    const twice = seen.has(domain.toLowerCase());
    seen.add(domain.toLowerCase());
    const path = `identityProvider.domains[${index}]`;
    return twice ? [{ path, message: `"${domain}" is named twice; remove one` }] : [];
  });
}

/** Paths are ours to know: a host with a path would be asked in the wrong place. */
function checkUrl({ url }: IconikTarget): readonly Problem[] {
  return url.pathname === '/' && url.search === ''
    ? []
    : [{ path: 'url', message: 'give the host alone, without a path' }];
}
