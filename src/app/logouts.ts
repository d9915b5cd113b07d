import { SECOND } from '../base/index.ts';
import type { LogoutSettings } from '../logout/index.ts';
import type { Configuration } from './config.ts';

/** How long an answer waits for relying parties that are told in the back. */
const TELL_WITHIN_MS = 2 * SECOND;

export function logoutSettings({ connections }: Configuration): LogoutSettings {
  const choices = new Map(connections.map(({ id, logout }) => [id, logout]));
  return { tellWithinMs: TELL_WITHIN_MS, goUpstream: (id) => choices.get(id) ?? 'offer' };
}
