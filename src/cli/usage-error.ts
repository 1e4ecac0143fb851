import { PerdureError } from '../errors/perdure-error.ts'

/** A command line that can never be right: exit code 2. */
export const usageError = (message: string, hint: string): PerdureError =>
  new PerdureError('invalid_request', message, { hint })
