import type { CostOptions } from '../../compose/costs.ts'
import type { OrganizationCostDimension } from '../../domain/cost-row.ts'
import { usageError } from '../usage-error.ts'

export interface CostFlags {
  readonly by?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly run?: string | undefined
  readonly session?: string | undefined
  readonly user?: string | undefined
  readonly tag?: string | undefined
  readonly model?: string | undefined
}

const dimensions: readonly OrganizationCostDimension[] = [
  'workspace', 'run', 'session', 'thread', 'user', 'tag', 'model', 'upstream', 'kind', 'minute', 'hour', 'day', 'month',
] // prettier-ignore

/** What the flags ask the ledger. @throws {PerdureError} `invalid_request`. */
export function costQuery(flags: CostFlags): CostOptions & { readonly groupBy: readonly OrganizationCostDimension[] } {
  const query = {
    from: moment('from', flags.from),
    to: moment('to', flags.to),
    runId: flags.run,
    sessionId: flags.session,
    userId: flags.user,
    tag: flags.tag,
    model: flags.model,
  }
  const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined))
  const groupBy = dimensionsOf(flags.by ?? 'model')
  return { ...given, groupBy, ...(groupBy.includes('workspace') ? { allWorkspaces: true } : {}) }
}

function dimensionsOf(written: string): OrganizationCostDimension[] {
  const names = written.split(',').map((name) => name.trim())
  return names.map((name) => {
    const dimension = dimensions.find((one) => one === name)
    if (dimension !== undefined) return dimension
    throw usageError(`--by knows no ${name}.`, `It knows ${dimensions.join(', ')}.`)
  })
}

function moment(flag: 'from' | 'to', written: string | undefined): Date | undefined {
  if (written === undefined) return undefined
  const date = new Date(written)
  if (Number.isNaN(date.getTime()))
    throw usageError(`--${flag} is a day or a time in UTC, not ${written}.`, 'For example 2026-11-01.')
  return date
}
