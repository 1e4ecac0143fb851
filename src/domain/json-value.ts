/** What `JSON.stringify` takes and gives back unchanged. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue }
