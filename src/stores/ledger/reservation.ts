import type { TenantAccount } from '../../domain/call-account.ts'
import type { NanoUsd } from '../../domain/money.ts'

/** An amount that is held for a call, or was. */
export interface Reservation {
  readonly id: string
  readonly account: TenantAccount
  readonly grantedNanoUsd: NanoUsd
  /** The time at which the call counts. */
  readonly reservedAtMs: number
  /** It was given up, and is kept for a call that is settled after all. */
  readonly isPresumed: boolean
}
