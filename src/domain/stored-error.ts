/** An error as events keep it. The code is one of `errorCodes`, or one that a newer version wrote. */
export interface StoredError {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly hint: string
  readonly details?: Readonly<Record<string, unknown>>
}
