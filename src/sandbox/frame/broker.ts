import { z } from 'zod';

/** How the broker and the simulators know each other: OAuth client of OTDS, service provider of Access Manager, and whom the applications trust. */
export const Broker = z.strictObject({
  /** Where the broker is, without a slash at the end; absent, the origin of the first redirect address. */
  publicUrl: z.url().optional(),
  clientId: z.string().min(1).default('vestibule'),
  clientSecret: z.string().min(1).default('vestibule-demo-secret'),
  redirectUris: z.array(z.url()).default([]),
  postLogoutRedirectUris: z.array(z.url()).default([]),
  /** Where OTDS says that a session ended, while its switch backchannelLogout is on. */
  backchannelLogoutUri: z.url().optional(),
  /** Where OTDS pushes people and groups; nothing is pushed when absent. */
  scim: z
    .strictObject({
      baseUrl: z.url().meta({ description: 'Without a slash at the end: …/scim/v2/otds' }),
      tokenUrl: z.url(),
      clientId: z.string().min(1),
      clientSecret: z.string().min(1),
      scope: z.string().optional(),
    })
    .optional(),
  /** Service providers that Access Manager trusts; each by inline metadata or by the address of its metadata. */
  serviceProviders: z
    .array(
      z.strictObject({
        entityId: z.string().min(1),
        metadataUrl: z.url().optional(),
        metadata: z.string().optional(),
      }),
    )
    .default([]),
  /** How the wiki is registered at the broker. */
  wiki: z
    .strictObject({
      clientId: z.string().min(1).default('wiki'),
      clientSecret: z.string().min(1).default('wiki-demo-secret-0000000000000000'),
    })
    .prefault({}),
});
export type Broker = z.infer<typeof Broker>;
/** As it is written: with defaults left out. */
export type BrokerInput = z.input<typeof Broker>;

/** An address of the broker: `brokerUrl(broker, '/saml/metadata')`; undefined while nobody said where it is. */
export function brokerUrl(broker: Broker, path: string): string | undefined {
  const [first] = broker.redirectUris;
  const base = broker.publicUrl ?? (first === undefined ? undefined : new URL(first).origin);
  return base === undefined ? undefined : `${base}${path}`;
}
