import type { Problem } from '../../base/index.ts';
import type { AttributeType } from '../../model/index.ts';
import { isLoopbackHost } from '../../platform/http/index.ts';
import type { RelyingParty } from '../../relying-parties/index.ts';
import { createClaims } from './claims.ts';
import type { MachineConfig, OidcAccess } from './config.ts';
import { oidcPartyOf, resourceOf } from './parties.ts';

export type OidcCheckContext = {
  readonly allowInsecureLoopback: boolean;
  readonly attributes: Readonly<Record<string, AttributeType>>;
  /** Ids of all relying parties. */
  readonly relyingParties: ReadonlySet<string>;
};

/** What the schema of one application can not see. Paths are relative to the relying party. */
export function checkOidcAccess(access: OidcAccess, context: OidcCheckContext): readonly Problem[] {
  return [
    ...checkUris(access, context.allowInsecureLoopback),
    ...checkCredentials(access),
    ...access.resources.flatMap((id, index) =>
      context.relyingParties.has(id)
        ? []
        : [
            {
              path: `resources[${index}]`,
              message: `no relying party has the id ${id}; add it or remove this`,
            },
          ],
    ),
    ...createClaims(context.attributes).check(access.claims),
  ];
}

/**
 * The audience of a token says where it opens something: each resource has one owner. Who could name another's would
 * get tokens for it by an entitlement of their own. Paths start at `relyingParties`.
 */
export function checkOidcResources(parties: readonly RelyingParty[], publicUrl: URL): readonly Problem[] {
  const resources = parties.map(resourceOf);
  return parties.flatMap((party, index) => {
    const own = oidcPartyOf(party)?.access.resource;
    if (own === undefined) return [];
    const isOurs = URL.parse(own)?.origin === publicUrl.origin;
    const isShared = resources.some((other, at) => at !== index && other === own);
    const message = isOurs
      ? 'is the address of the broker itself; leave it out, or name the application'
      : 'belongs to another relying party; each has its own';
    return isOurs || isShared ? [{ path: `relyingParties[${index}].resource`, message }] : [];
  });
}

function checkUris(access: OidcAccess, allowInsecureLoopback: boolean): Problem[] {
  const single = ['initiateLoginUri', 'startUrl', 'backchannelLogoutUri', 'jwksUri'] as const;
  const lists = ['redirectUris', 'postLogoutRedirectUris'] as const;
  const all = [
    ...single.flatMap((name) => (access[name] === undefined ? [] : [[name, access[name]] as const])),
    ...lists.flatMap((name) => access[name].map((uri, index) => [`${name}[${index}]`, uri] as const)),
  ];
  return all.flatMap(([path, text]) => {
    const problem = problemOfUri(text, allowInsecureLoopback);
    return problem === undefined ? [] : [{ path, message: problem }];
  });
}

function problemOfUri(text: string, allowInsecureLoopback: boolean): string | undefined {
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username || password) return 'holds a user or password; remove them';
  // RFC 6749 3.1.2
  if (hash || text.includes('#')) return 'holds a fragment; remove it';
  if (text.includes('*')) return 'holds a wildcard; write each address out';
  if (protocol === 'https:') return undefined;
  if (!isLoopbackHost(hostname)) return 'is plain http; use https';
  return allowInsecureLoopback
    ? undefined
    : 'is plain http; use https, or set allowInsecureLoopback to try things out';
}

function checkCredentials(access: OidcAccess): Problem[] {
  const { tokenEndpointAuthMethod: method, clientSecrets, jwks, jwksUri } = access;
  const path = 'tokenEndpointAuthMethod';
  const hasKeys = jwks !== undefined || jwksUri !== undefined;
  if (jwks && jwksUri !== undefined)
    return [{ path: 'jwksUri', message: 'give either jwks or jwksUri, not both' }];
  if (access.requireSignedRequests && !hasKeys) {
    return [{ path: 'requireSignedRequests', message: 'wants jwks or jwksUri, and private_key_jwt' }];
  }
  if (method === 'private_key_jwt') {
    return hasKeys ? privateParts(jwks) : [{ path, message: 'private_key_jwt wants jwks or jwksUri' }];
  }
  if (hasKeys) return [{ path, message: 'keys are given; set it to private_key_jwt, or remove them' }];
  if (method === 'none') {
    return [
      ...(clientSecrets.length > 0
        ? [{ path, message: 'a public client has no secret; remove clientSecrets' }]
        : []),
      // RFC 9700 2.1.1: the nonce may do instead of PKCE for confidential clients alone.
      ...(access.pkce === 'required'
        ? []
        : [{ path: 'pkce', message: 'a public client is protected by PKCE alone; remove it' }]),
    ];
  }
  return clientSecrets.length > 0 ? [] : [{ path: 'clientSecrets', message: 'missing; give at least one' }];
}

function privateParts(jwks: OidcAccess['jwks']): Problem[] {
  return (jwks?.keys ?? []).flatMap((key, index) =>
    'd' in key || 'k' in key
      ? [
          {
            path: `jwks.keys[${index}]`,
            message: 'holds a private key; give the public part only, and replace the key',
          },
        ]
      : [],
  );
}

/** Paths are relative to `machines`. */
export function checkMachines(
  machines: readonly MachineConfig[],
  relyingParties: ReadonlySet<string>,
): readonly Problem[] {
  const seen = new Set<string>();
  return machines.flatMap((machine, index) => {
    const path = `[${index}]`;
    const problems: Problem[] = [];
    if (seen.has(machine.id) || relyingParties.has(machine.id)) {
      problems.push({ path: `${path}.id`, message: `${machine.id} is used twice; a client_id is unique` });
    }
    seen.add(machine.id);
    const hasSecret = machine.clientSecrets.length > 0;
    if (hasSecret === (machine.jwks !== undefined)) {
      problems.push({ path, message: 'give either clientSecrets or jwks' });
    }
    problems.push(...privateParts(machine.jwks).map((each) => ({ ...each, path: `${path}.${each.path}` })));
    return problems;
  });
}
