import { expect, test } from 'vitest'
import { checkScope } from './check-scope.ts'

test.each(['', 'x\0y', '\ud800', 'L'.repeat(201)])('no tenant is named %j', (name) => {
  const refusal = { code: 'invalid_request' }
  expect(() => checkScope({ organizationId: name, workspaceId: 'birds' })).toThrow(expect.objectContaining(refusal))
  expect(() => checkScope({ organizationId: 'acme', workspaceId: name })).toThrow(expect.objectContaining(refusal))
})

test.each(['..', 'a/b', '%2f', '鸟'.repeat(200)])('a tenant may be named %s', (name) => {
  const scope = { organizationId: name, workspaceId: name }
  expect(checkScope(scope)).toBe(scope)
})
