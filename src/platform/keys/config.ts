import { z } from 'zod';
import { DAY, HOUR, type Problem } from '../../base/index.ts';
import { duration } from '../config/index.ts';

/** The `keys` section of the configuration file: how signing keys take turns. */
export const KeysConfig = z
  .strictObject({
    oidc: z
      .strictObject({
        rotateEvery: duration({ min: DAY })
          .prefault('90d')
          .describe('Age at which the key that signs is replaced by the next one, by itself.'),
        publishAhead: duration({ min: HOUR })
          .prefault('3d')
          .describe(
            'How long a next key is published before it may sign; longer than clients keep key sets.',
          ),
        keepRetired: duration({ min: HOUR })
          .prefault('14d')
          .describe(
            'How long a replaced key stays published; longer than anything that it signed is good for.',
          ),
      })
      .prefault({})
      .describe('Keys that sign tokens.'),
    saml: z
      .strictObject({
        rotateEvery: duration({ min: DAY })
          .optional()
          .describe(
            'Age at which a certificate in use is replaced by the next one, by itself. Absent: only by `keys rotate`, because many peers pin certificates.',
          ),
        publishAhead: duration({ min: HOUR })
          .prefault('30d')
          .describe('How long a next certificate stands in our metadata before it may be used.'),
        keepRetired: duration({ min: HOUR })
          .prefault('30d')
          .describe('How long a replaced certificate stays in our metadata and still decrypts.'),
      })
      .prefault({})
      .describe('Certificates of our SAML identity provider and service provider.'),
  })
  .prefault({})
  .describe('Rotation of signing keys.');
export type KeysConfig = z.output<typeof KeysConfig>;

/** A next key must have been published long enough when the one in use reaches its age. */
export function checkKeys(config: KeysConfig): Problem[] {
  return (['oidc', 'saml'] as const).flatMap((section) => {
    const { rotateEvery, publishAhead } = config[section];
    if (rotateEvery === undefined || rotateEvery >= publishAhead) return [];
    return [
      {
        path: `keys.${section}.rotateEvery`,
        message: 'shorter than publishAhead; make it longer, or publishAhead shorter',
      },
    ];
  });
}
