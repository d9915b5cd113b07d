import { connectors as registered } from '../connectors/index.ts';
import { ProvisioningError } from '../errors.ts';
import type { ProvisioningOptions } from '../provisioning.ts';
import type { ConfiguredTarget } from './configured-target.ts';
import { LiveTarget } from './live-target.ts';

/** @throws ProvisioningError `provisioning.unknown_kind`. */
export function openTarget(configured: ConfiguredTarget, options: ProvisioningOptions): LiveTarget {
  const { id, kind, settings, relyingParties } = configured;
  const connector = (options.connectors ?? registered).get(kind);
  if (!connector) {
    throw new ProvisioningError({ code: 'provisioning.unknown_kind', detail: `target ${id}: ${kind}` });
  }
  const { http, clock, log } = options;
  const open = connector.open(settings, { id, http, clock, log, relyingParties });
  return new LiveTarget(id, connector, settings, open, options);
}
