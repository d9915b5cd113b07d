import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { IdentityProviderRecord, IdentityProviderSettings } from '../identity-provider.ts';
import { trustOf } from '../identity-providers.ts';
import type { Iconik } from '../server.ts';
import { readBody } from './body.ts';
import {
  type Answer,
  type ApiCall,
  created,
  errors,
  type Handler,
  invalid,
  NO_CONTENT,
  notFound,
  ok,
} from './call.ts';
import { readMetadata } from './metadata.ts';
import { cursorPage } from './paging.ts';
import { at } from './user-view.ts';

const XMLDSIG = 'http://www.w3.org/2000/09/xmldsig#';
const MORE = 'http://www.w3.org/2001/04/xmldsig-more#';
const DIGESTS = [
  `${XMLDSIG}sha1`,
  'http://www.w3.org/2001/04/xmlenc#sha256',
  `${MORE}sha384`,
  'http://www.w3.org/2001/04/xmlenc#sha512',
] as const;
const Digest = z.enum(DIGESTS);
const Signature = z.enum([
  `${XMLDSIG}dsa-sha1`,
  `${XMLDSIG}rsa-sha1`,
  `${MORE}rsa-sha256`,
  `${MORE}rsa-sha384`,
  `${MORE}rsa-sha512`,
]);
const Text = z.string('Not a valid text').min(1, 'Must not be empty');
const Settings = z.object({
  name: Text,
  idp_entity_id: Text,
  idp_sso_post_url: z.url('Not a valid URL'),
  idp_sls_redirect_url: z.url('Not a valid URL').optional(),
  idp_x509cert: z.string().optional(),
  cert_fingerprint: z.string().optional(),
  cert_fingerprint_algorithm: Digest.optional(),
  signature_algorithm: Signature.optional(),
  digest_algorithm: Digest.optional(),
  want_assertions_signed: z.boolean().optional(),
  want_messages_signed: z.boolean().optional(),
  name_id_encrypted: z.boolean().optional(),
});
const TYPES = ['onelogin.com', 'auth0.com', 'okta.com', 'GENERIC'] as const;
const Body = z
  .object({
    type: z.enum(TYPES, `Must be one of: ${TYPES.join(', ')}`),
    settings: z.record(z.string(), z.unknown()),
    verbose_logging: z.boolean(),
  })
  .partial();
const READ_ONLY = ['id', 'public_id', 'saml_settings', 'date_created', 'date_modified'];

/** One that follows the broker's metadata shows what it read there. */
async function show(iconik: Iconik, record: IdentityProviderRecord): Promise<object> {
  const trust = trustOf(iconik, record);
  const provider = await trust.find();
  const { settings, ...rest } = record;
  const followed = provider && {
    ...{ name: 'Set up by hand', idp_entity_id: provider.entityId },
    idp_sso_post_url: Object.values(provider.sso)[0] ?? '',
    idp_x509cert: (provider.signingCertificates[0] ?? '').replace(/-----[A-Z ]+-----|\s/g, ''),
  };
  return {
    ...rest,
    settings: { ...(settings ?? followed), domain_name: domainsOf(iconik, record)[0] ?? null },
    saml_settings: {
      sp: { entityId: trust.entityId, assertionConsumerService: { url: trust.acs } },
      idp: { entityId: provider?.entityId ?? null },
    },
  };
}

function domainsOf({ store }: Iconik, { id }: IdentityProviderRecord): readonly string[] {
  return [...store.domains].filter(([, bound]) => bound === id).map(([domain]) => domain);
}

export const listIdentityProviders: Handler = async (call) => {
  const all = [...call.iconik.store.identityProviders.values()];
  const shown = new Map<string, object>();
  for (const each of all) shown.set(each.id, await show(call.iconik, each));
  return cursorPage(
    call,
    all,
    ({ id }) => id,
    ({ id }) => shown.get(id),
  );
};

type Wanted = Pick<IdentityProviderRecord, 'type' | 'settings' | 'verbose_logging'>;
type Read =
  | { readonly outcome: 'read'; readonly value: Wanted }
  | { readonly outcome: 'refused'; readonly answer: Answer };

function readWanted(call: ApiCall, before: Wanted | undefined): Read {
  if (call.isXml) return readXml(call.body, before);
  const schema = before ? Body : Body.required({ type: true, settings: true });
  const read = readBody(call, schema, READ_ONLY);
  if (read.outcome === 'refused') return read;
  const { type = before?.type ?? 'GENERIC', verbose_logging = before?.verbose_logging ?? false } = read.value;
  const given: unknown = read.value.settings ?? before?.settings;
  const settings = readSettings(call.iconik, given);
  return settings.outcome === 'refused'
    ? settings
    : { outcome: 'read', value: { type, verbose_logging, ...settings } };
}

function readSettings(
  iconik: Iconik,
  body: unknown,
): { outcome: 'read'; settings: IdentityProviderSettings } | { outcome: 'refused'; answer: Answer } {
  const read = readBody({ iconik, body }, Settings, ['domain_name']);
  if (read.outcome === 'refused') return read;
  const given = Object.entries(read.value).filter(([, value]) => value !== undefined);
  const settings = Object.fromEntries(given) as IdentityProviderSettings;
  return settings.idp_x509cert || settings.cert_fingerprint
    ? { outcome: 'read', settings }
    : {
        outcome: 'refused',
        answer: invalid(iconik, { idp_x509cert: 'A certificate or a fingerprint is required' }),
      };
}

function readXml(body: unknown, before: Wanted | undefined): Read {
  const settings = readMetadata(body);
  if (!settings) return { outcome: 'refused', answer: errors(400, 'No identity provider in this metadata') };
  const { type = 'GENERIC', verbose_logging = false } = before ?? {};
  return { outcome: 'read', value: { type, settings, verbose_logging } };
}

/** From JSON, or from the identity provider's own metadata. */
export const createIdentityProvider: Handler = async (call) => {
  const { iconik } = call;
  const read = readWanted(call, undefined);
  if (read.outcome === 'refused') return read.answer;
  const dates = { date_created: at(iconik), date_modified: at(iconik) };
  const record = { id: randomUUID(), public_id: randomUUID(), ...read.value, ...dates };
  iconik.store.identityProviders.set(record.id, record);
  return created(await show(iconik, record));
};

/** What metadata would become; nothing is kept. */
export const convertMetadata: Handler = ({ body, isXml }) => {
  const settings = isXml ? readMetadata(body) : undefined;
  if (!settings) return errors(400, 'No identity provider in this metadata');
  return created({ type: 'GENERIC', settings, verbose_logging: false });
};

const onProvider =
  (run: (record: IdentityProviderRecord, call: ApiCall) => Answer | Promise<Answer>): Handler =>
  (call) => {
    const record = call.iconik.store.identityProviders.get(call.params['providerId'] ?? '');
    return record ? run(record, call) : notFound('Identity provider');
  };

export const getIdentityProvider = onProvider(async (record, { iconik }) => ok(await show(iconik, record)));

/** Settings are replaced as a whole, and hold from the next sign-on. */
export const changeIdentityProvider = onProvider(async (record, call) => {
  const read = readWanted(call, record);
  if (read.outcome === 'refused') return read.answer;
  Object.assign(record, read.value, { date_modified: at(call.iconik) });
  return ok(await show(call.iconik, record));
});

/** Its mail domains and the bindings of its users go with it. */
export const removeIdentityProvider = onProvider((record, { iconik }) => {
  const { store } = iconik;
  store.identityProviders.delete(record.id);
  for (const domain of domainsOf(iconik, record)) store.domains.delete(domain);
  for (const user of store.users.values()) {
    if (user.identity_provider_id === record.id) user.identity_provider_id = null;
  }
  return NO_CONTENT;
});

const Domain = z.object({ domain: Text, identity_provider_id: Text, system_domain_id: Text });

/** People with an address in this mail domain sign in there from now on. */
export const bindDomain: Handler = (call) => {
  const { iconik } = call;
  const read = readBody(call, Domain);
  if (read.outcome === 'refused') return read.answer;
  const { domain, identity_provider_id, system_domain_id } = read.value;
  const { store } = iconik;
  if (!store.identityProviders.has(identity_provider_id)) {
    return invalid(iconik, { identity_provider_id: 'Identity provider does not exist' });
  }
  if (system_domain_id !== store.systemDomainId)
    return invalid(iconik, { system_domain_id: 'Not this system domain' });
  const bound = store.domains.get(domain.toLowerCase());
  if (bound !== undefined && bound !== identity_provider_id) {
    return invalid(iconik, { domain: 'The domain belongs to another identity provider' });
  }
  store.domains.set(domain.toLowerCase(), identity_provider_id);
  return created(read.value);
};

export const unbindDomain: Handler = ({ iconik, params }) =>
  iconik.store.domains.delete((params['domain'] ?? '').toLowerCase()) ? NO_CONTENT : notFound('Domain');
