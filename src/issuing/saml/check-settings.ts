import type { Problem } from '../../base/index.ts';
import type { Environment } from '../../expressions/index.ts';
import { isLoopbackHost } from '../../platform/http/index.ts';
import type { RelyingParty } from '../../relying-parties/index.ts';
import { publicKeyOf, readEntity, SamlError } from '../../saml/index.ts';
import { compileAttribute, compileNameId } from './claims.ts';
import { DEFAULT_NAME, type SamlSettings } from './config.ts';
import { samlSettingsOf } from './kinds.ts';
import { serviceProviderIn } from './service-provider.ts';

export type SamlCheckContext = {
  /** `createClaimEnvironment` over declared attributes and tables. */
  readonly environment: Environment;
  readonly allowInsecureLoopback: boolean;
  readonly now: Date;
};

/**
 * Problems of one relying party that its schema cannot see. Paths are relative to the relying party. Compiles every
 * expression, so that nothing that is saved can be misspelt. Changes nothing, fetches nothing.
 */
export function checkSamlParty(
  party: Pick<RelyingParty, 'kind' | 'access'>,
  context: SamlCheckContext,
): readonly Problem[] {
  const settings = samlSettingsOf(party);
  if (!settings) return [];
  return [
    ...checkTrust(settings, context),
    ...checkAddresses(settings, context),
    ...checkEncryption(settings, context),
    ...checkExpressions(settings, context.environment),
    ...checkNameId(settings),
    ...checkAttributes(settings),
    ...checkLaunch(settings),
  ];
}

/** Two relying parties with one entity id could not be told apart. Paths start at `relyingParties`. */
export function checkSamlParties(
  parties: readonly Pick<RelyingParty, 'kind' | 'access'>[],
): readonly Problem[] {
  const ids = parties.map((party) => entityIdOf(samlSettingsOf(party)));
  return ids.flatMap((id, index) =>
    id === undefined || ids.indexOf(id) === index
      ? []
      : [
          {
            path: `relyingParties[${index}].entityId`,
            message: 'used by another relying party; each has its own',
          },
        ],
  );
}

/** Of metadata behind a URL nothing is known before it is read. */
function entityIdOf(settings: SamlSettings | undefined): string | undefined {
  if (settings?.metadata === undefined || settings.entityId !== undefined) return settings?.entityId;
  try {
    // Whether it is still valid is a matter of its own.
    return readEntity(settings.metadata, { role: 'SPSSODescriptor', signedBy: [], now: new Date(0) })
      .entityId;
  } catch {
    return undefined;
  }
}

function checkTrust(settings: SamlSettings, context: SamlCheckContext): Problem[] {
  const { metadataUrl, metadata, acs, entityId } = settings;
  const sources = [metadataUrl, metadata, acs[0]].filter((source) => source !== undefined);
  if (sources.length !== 1) {
    const message = 'give exactly one source: metadataUrl, metadataFile, or acs with entityId';
    return [{ path: 'metadataUrl', message }];
  }
  if (acs.length > 0) {
    if (settings.metadataCertificates.length > 0) {
      const message = 'verify metadata, and there is none; remove them';
      return [{ path: 'metadataCertificates', message }];
    }
    if (entityId !== undefined) return checkConsumers(settings);
    return [{ path: 'entityId', message: 'missing; set the entity id that the application shows' }];
  }
  const problems: Problem[] = [];
  if (settings.certificates.length > 0) {
    const message = 'certificates come from the metadata; remove them, or give acs instead of metadata';
    problems.push({ path: 'certificates', message });
  }
  settings.metadataCertificates.forEach(({ certificate }, index) => {
    if (publicKeyOf(certificate)) return;
    problems.push({ path: `metadataCertificates[${index}].certificate`, message: NO_CERTIFICATE });
  });
  if (metadata !== undefined) problems.push(...checkMetadata(metadata, settings, context));
  return problems;
}

function checkMetadata(metadata: string, settings: SamlSettings, context: SamlCheckContext): Problem[] {
  try {
    serviceProviderIn(metadata, settings, context);
    return [];
  } catch (error) {
    const why = error instanceof SamlError ? (error.detail ?? error.code) : 'cannot be read';
    return [{ path: 'metadata', message: `${why}; export it again from the application` }];
  }
}

function checkConsumers({
  acs,
  certificates,
  encryptionCertificate,
  wantAuthnRequestsSigned,
}: SamlSettings): Problem[] {
  const problems: Problem[] = [];
  const indexes = acs.map(({ index }) => index);
  if (acs.filter((each) => each.default).length > 1) {
    problems.push({ path: 'acs', message: 'only one can be the default' });
  }
  acs.forEach(({ index }, position) => {
    if (index === undefined || indexes.indexOf(index) === position) return;
    problems.push({ path: `acs[${position}].index`, message: 'used twice; give each its own' });
  });
  certificates.forEach(({ certificate }, index) => {
    if (publicKeyOf(certificate)) return;
    problems.push({ path: `certificates[${index}].certificate`, message: NO_CERTIFICATE });
  });
  if (encryptionCertificate !== undefined && !publicKeyOf(encryptionCertificate)) {
    problems.push({ path: 'encryptionCertificate', message: NO_CERTIFICATE });
  }
  if (wantAuthnRequestsSigned && certificates.length === 0) {
    problems.push({ path: 'certificates', message: 'missing; signed requests need one to be verified with' });
  }
  return problems;
}

const NO_CERTIFICATE = 'not a certificate (PEM), or its RSA key is shorter than 2048 bits';

/** R2.7 */
function checkAddresses(settings: SamlSettings, { allowInsecureLoopback }: SamlCheckContext): Problem[] {
  const addresses: readonly (readonly [path: string, text: string | undefined])[] = [
    ...settings.acs.map(({ url }, index) => [`acs[${index}].url`, url] as const),
    ['metadataUrl', settings.metadataUrl?.href],
    ['slo.url', settings.slo?.url],
    ['slo.soapUrl', settings.slo?.soapUrl],
    ['slo.responseUrl', settings.slo?.responseUrl],
    ['startUrl', settings.startUrl],
  ];
  return addresses.flatMap(([path, text]) => {
    if (text === undefined) return [];
    const { protocol, hostname } = new URL(text);
    if (protocol === 'https:' || (allowInsecureLoopback && isLoopbackHost(hostname))) return [];
    return [{ path, message: 'use https; http is only for localhost, with allowInsecureLoopback: true' }];
  });
}

function checkEncryption(settings: SamlSettings, context: SamlCheckContext): Problem[] {
  const { encrypt, encryptLogout, acs, certificates, encryptionCertificate, metadata } = settings;
  if (encrypt === 'off' && encryptLogout === 'off') return [];
  const path = encrypt === 'off' ? 'encryptLogout' : 'encrypt';
  if (acs.length > 0) {
    const certificate = encryptionCertificate ?? certificates[0]?.certificate;
    if (certificate === undefined) {
      return [{ path: 'encryptionCertificate', message: 'missing; set the certificate to encrypt for' }];
    }
    const type = publicKeyOf(certificate)?.asymmetricKeyType;
    if (type === undefined || type === 'rsa') return [];
    return [
      { path: 'encryptionCertificate', message: 'only certificates with RSA keys can be encrypted for' },
    ];
  }
  if (metadata === undefined || checkMetadata(metadata, settings, context).length > 0) return [];
  const provider = serviceProviderIn(metadata, settings, context);
  if (provider.encryptionCertificate !== undefined) return [];
  return [{ path, message: `the metadata has no certificate to encrypt for; set ${path}: off` }];
}

function checkExpressions(settings: SamlSettings, environment: Environment): Problem[] {
  const compiled = [
    ['nameId.value', compileNameId(settings, environment)] as const,
    ...settings.attributes.map(
      ({ value }, index) => [`attributes[${index}].value`, compileAttribute(value, environment)] as const,
    ),
  ];
  return compiled.flatMap(([path, result]) =>
    result.outcome === 'compiled'
      ? []
      : result.problems.map(({ message, line, column }) => ({
          path,
          message: `line ${line}, column ${column}: ${message}`,
        })),
  );
}

function checkNameId({ nameId: { format, value } }: SamlSettings): Problem[] {
  if (format !== 'transient' || value === DEFAULT_NAME) return [];
  return [
    {
      path: 'nameId.value',
      message: 'a transient name is made by us for each session; remove this, or choose another format',
    },
  ];
}

function checkAttributes({ attributes }: SamlSettings): Problem[] {
  const names = attributes.map(({ name }) => name);
  return attributes.flatMap(({ name }, index) => {
    const path = `attributes[${index}].name`;
    if (names.indexOf(name) !== index) {
      return [{ path, message: 'used twice; give one attribute a list of values' }];
    }
    // R5.5: an assertion must not open an account that was closed.
    if (/^(user\.)?isactive$/i.test(name)) {
      return [{ path, message: 'is never sent: a sign-in would open an account that was closed; remove it' }];
    }
    return [];
  });
}

function checkLaunch({ startUrl, startUrlParameter, relayState }: SamlSettings): Problem[] {
  const problems: Problem[] = [];
  if (startUrlParameter !== undefined && startUrl === undefined) {
    problems.push({
      path: 'startUrlParameter',
      message: 'has no startUrl to belong to; set it, or remove this',
    });
  }
  if (startUrl !== undefined && relayState !== undefined) {
    problems.push({
      path: 'relayState',
      message: 'belongs to unsolicited responses; remove it, or startUrl',
    });
  }
  return problems;
}
