import type { ErrorRecord } from '../../errors/perdure-error.ts'
import type { WorkTreePlaces } from '../work-tree.ts'
import type { Operations } from './operations.ts'

export interface Question {
  readonly number: number
  /** `end` is the last question. */
  readonly asked:
    | { readonly places: WorkTreePlaces; readonly name: keyof Operations; readonly request: unknown }
    | 'end'
}

export type Answer =
  | { readonly number: number; readonly answer: unknown }
  | { readonly number: number; readonly error: ErrorRecord }
