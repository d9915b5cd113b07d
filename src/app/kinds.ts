import type { z } from 'zod';
import { controlPanelKind, oidcKind, samlKinds } from '../issuing/index.ts';
import { connectors } from '../provisioning/index.ts';
import { type KindShape, relyingPartySchema } from '../relying-parties/index.ts';

/** Kinds of relying parties, as their connectors and issuers describe them. */
export const kinds: readonly KindShape[] = [
  ...[...connectors.values()].map(
    (connector): KindShape => ({
      kind: connector.kind,
      target: connector.targetConfig as z.ZodObject,
      ...(connector.accessConfig && { access: connector.accessConfig as z.ZodObject }),
    }),
  ),
  ...[oidcKind, ...samlKinds, controlPanelKind].map((shape) => ({
    ...shape,
    accountsIn: accountsIn(shape.kind),
  })),
];

/** One relying party, wherever it was written. */
export const RelyingPartyConfig = relyingPartySchema(kinds);

/** Kinds of targets in which people of such a relying party may have accounts. */
export function accountsIn(kind: string): readonly string[] {
  return [...connectors.values()].filter(({ serves }) => serves.includes(kind)).map((each) => each.kind);
}
