import { wikiCredentials } from './credentials.ts';
import type { Entry } from './directory.ts';
import type { Scim } from './scim.ts';

/** What tests and the control API may look at. The credentials are those of a sandbox. */
export function showDirectory(scim: Scim, tokenUrl: string): object {
  const directory = scim.directory();
  const shown = ({ kind: _kind, attributes, ...entry }: Entry): object => {
    const { password, ...rest } = attributes;
    return { ...entry, hasPassword: password !== undefined, ...rest };
  };
  return {
    baseUrl: scim.base(),
    tokenUrl,
    ...wikiCredentials,
    users: directory.all('User').map(shown),
    groups: directory.all('Group').map(shown),
    requests: directory.requests,
  };
}
