import { z } from 'zod';

/** How the broker is registered at the simulators: OAuth client of OTDS, service provider of Access Manager. */
export const Broker = z.strictObject({
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
});
export type Broker = z.infer<typeof Broker>;
/** As it is written: with defaults left out. */
export type BrokerInput = z.input<typeof Broker>;
