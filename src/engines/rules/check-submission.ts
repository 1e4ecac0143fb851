import { PerdureError } from '../../errors/perdure-error.ts'
import { defaultPriority, type EngineCapacity, type Json, type SubmitOptions } from '../../ports/run-engine.ts'

const longestName = 300
const highestPriority = 2_147_483_647

/** A run as both engines keep it. */
export interface Submission {
  readonly id: string
  readonly tenant: string
  readonly kind: string
  /** As JSON. */
  readonly input: string
  readonly priority: number
  readonly startAtMs: number
}

/** @throws {PerdureError} `invalid_request` for what no engine could keep or give back. */
export function checkSubmission(kind: string, input: Json, options: SubmitOptions): Submission {
  const { id, tenant, priority = defaultPriority, startAt } = options
  for (const [name, value] of Object.entries({ id, tenant, kind })) checkName(name, value)
  if (!Number.isInteger(priority) || priority < 0 || priority > highestPriority) {
    throw new PerdureError('invalid_request', 'priority must be a whole number from 0; the smallest is first.')
  }
  const startAtMs = startAt?.getTime() ?? 0
  if (Number.isNaN(startAtMs)) throw new PerdureError('invalid_request', 'startAt is no time.')
  return { id, tenant, kind, input: JSON.stringify(input), priority, startAtMs }
}

export function checkName(name: string, value: string): void {
  if (typeof value === 'string' && value !== '' && value.length <= longestName) return
  throw new PerdureError('invalid_request', `${name} must be a text of 1 to ${longestName} characters.`)
}

/** @throws {PerdureError} `invalid_request`. */
export function checkCapacity({ slots, perTenant, ratePerTenant, hungAfterMs }: EngineCapacity): void {
  const numbers = {
    slots,
    perTenant,
    ...(hungAfterMs === undefined ? {} : { hungAfterMs }),
    ...(ratePerTenant && { count: ratePerTenant.count, periodMs: ratePerTenant.periodMs }),
  }
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new PerdureError('invalid_request', `${name} must be a whole number from 1.`)
    }
  }
}
