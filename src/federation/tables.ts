/** Tables of this room; nobody else names them. */
export type FederationTables = {
  federation_one_time_id: { connection: string; id_hash: Buffer; until: Date };
  federation_metadata: { connection: string; url: string; xml: string; etag: string | null; loaded_at: Date };
};
