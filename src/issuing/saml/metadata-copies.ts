import type { Database } from '../../platform/database/index.ts';
import type { Keys } from '../../platform/keys/index.ts';

export type MetadataCopy = { readonly xml: string; readonly at: Date };

/**
 * The last good metadata of each relying party that publishes it, for a process that starts while it is away. Both
 * may throw: a copy only helps a later start.
 */
export interface MetadataCopies {
  keep(relyingParty: string, url: URL, copy: MetadataCopy): Promise<void>;
  read(relyingParty: string, url: URL): Promise<MetadataCopy | undefined>;
}

type CopyTables = {
  issuing_saml_metadata: { relying_party: string; sealed: string; loaded_at: Date };
};

const OWNER = 'system:saml-metadata';

/** Sealed, because whoever can write to the store must not be able to say where assertions go. */
export function createMetadataCopies(db: Database, keys: Pick<Keys, 'sealer'>): MetadataCopies {
  const tables = db.withTables<CopyTables>();
  return {
    async keep(relyingParty, url, { xml, at }) {
      const sealer = await keys.sealer(OWNER);
      const row = {
        sealed: sealer.seal(JSON.stringify({ xml, at }), placeOf(relyingParty, url)),
        loaded_at: at,
      };
      await tables
        .insertInto('issuing_saml_metadata')
        .values({ relying_party: relyingParty, ...row })
        .onConflict((conflict) => conflict.column('relying_party').doUpdateSet(row))
        .execute();
    },
    async read(relyingParty, url) {
      const row = await tables
        .selectFrom('issuing_saml_metadata')
        .select('sealed')
        .where('relying_party', '=', relyingParty)
        .executeTakeFirst();
      if (!row) return undefined;
      const sealer = await keys.sealer(OWNER);
      const { xml, at } = JSON.parse(sealer.open(row.sealed, placeOf(relyingParty, url)));
      return { xml, at: new Date(at) };
    },
  };
}

/** What was read from another address is nothing here. */
function placeOf(relyingParty: string, url: URL): string {
  return `issuing_saml_metadata/${relyingParty}/${url.href}`;
}
