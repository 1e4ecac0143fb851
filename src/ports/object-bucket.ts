/**
 * The little that a place for objects must be able to do so that sessions can live in it: an S3 bucket, a folder. What is
 * written is seen by every later read and listing, from any machine.
 */
export interface ObjectBucket {
  /** Display name and place, without secrets. */
  readonly description: string
  /**
   * Writes an object that is not there yet; false, and nothing is done, when it is. Of several that do so at the same time,
   * one is told true. Durable when it resolves. Where an answer was lost on its way and the bucket asked again, it may say
   * false of what this very call has written; and it may have been written although the call fails.
   * @throws {PerdureError} `storage_failed`.
   */
  create(key: string, bytes: Uint8Array): Promise<boolean>
  /** @throws {PerdureError} `storage_failed`. */
  read(key: string): Promise<Uint8Array<ArrayBuffer> | null>
  /** Keys that begin with `prefix`, after the key `after`, in the order of their bytes; at most `limit`. @throws {PerdureError} `storage_failed`. */
  list(prefix: string, options?: { readonly limit?: number; readonly after?: string }): Promise<string[]>
  /** Those that are not there do not count. @throws {PerdureError} `storage_failed`. */
  delete(keys: readonly string[]): Promise<void>
  /** The place's own clock, in milliseconds since 1970: what leases live by. */
  now(): Promise<number>
  close(): Promise<void>
}
