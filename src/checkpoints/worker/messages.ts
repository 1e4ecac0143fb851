import type { ErrorRecord } from '../../errors/perdure-error.ts'
import type { Operations } from './operations.ts'

export interface Question {
  readonly number: number
  readonly name: keyof Operations
  readonly request: unknown
}

export type Answer =
  | { readonly number: number; readonly answer: unknown }
  | { readonly number: number; readonly error: ErrorRecord }
