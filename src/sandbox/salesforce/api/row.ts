export type Value = string | number | boolean | null;
/** A record with the API's field names. Never changed in place. */
export type Row = { readonly Id: string } & { readonly [field: string]: Value };
export type Fields = Readonly<Record<string, Value>>;
