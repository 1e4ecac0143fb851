import type { RequestOrigin } from '../../ports/model-gateway.ts'

export type Tenant = Pick<RequestOrigin, 'organizationId' | 'workspaceId'>

/** `organization/workspace`, each with `*` for any letters. */
export const tenantPattern = /^[^/\s]+\/[^/\s]+$/

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)

const matches = (pattern: string, id: string): boolean =>
  new RegExp(`^${pattern.split('*').map(literal).join('.*')}$`, 's').test(id)

/** How well a pattern names this tenant: 0 not at all, 1 with `*`, 2 by its very ids. */
export function fitOf(pattern: string, tenant: Tenant): 0 | 1 | 2 {
  const [organization = '', workspace = ''] = pattern.split('/')
  if (organization === tenant.organizationId && workspace === tenant.workspaceId) return 2
  return matches(organization, tenant.organizationId) && matches(workspace, tenant.workspaceId) ? 1 : 0
}
