import { addMs } from '../../base/index.ts';
import type { KeysConfig } from './config.ts';
import type { IssuingPurpose } from './purposes.ts';

export type RotationSettings = {
  readonly rotateEvery?: number | undefined;
  readonly publishAhead: number;
  readonly keepRetired: number;
};

export function settingsOf(config: KeysConfig, purpose: IssuingPurpose): RotationSettings {
  return purpose.startsWith('oidc-') ? config.oidc : config.saml;
}

/** Whether the key that signs has reached its age. */
export function isDue(activeSince: Date, now: Date, { rotateEvery }: RotationSettings): boolean {
  return rotateEvery !== undefined && now >= addMs(activeSince, rotateEvery);
}

/** From when on a next key may sign: those who verify had time to learn it. */
export function mayRotateFrom(nextPublishedAt: Date, { publishAhead }: RotationSettings): Date {
  return addMs(nextPublishedAt, publishAhead);
}

export function publishedUntil(retiredAt: Date, { keepRetired }: RotationSettings): Date {
  return addMs(retiredAt, keepRetired);
}
