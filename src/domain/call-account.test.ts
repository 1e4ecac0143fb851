import { expect, test } from 'vitest'
import { budgetScopes } from './budget.ts'
import { countsIn } from './call-account.ts'
import { newRunId, newSessionId } from './ids.ts'

const forkedFrom = [newSessionId(), newSessionId()]
const account = {
  runId: newRunId(),
  sessionId: newSessionId(),
  forkedFrom,
  userId: 'ada',
  workspaceId: 'team',
  organizationId: 'company',
}
const scopesOf = (id: string) => budgetScopes.filter((scope) => countsIn({ scope, id, window: 'total' }, account))

test('a call counts in the budgets of its run, session, user, workspace and organization', () => {
  expect(scopesOf(account.runId)).toEqual(['run'])
  expect(scopesOf(account.sessionId)).toEqual(['session'])
  expect(scopesOf('ada')).toEqual(['user'])
  expect(scopesOf('team')).toEqual(['workspace'])
  expect(scopesOf('company')).toEqual(['organization'])
  expect(scopesOf('another')).toEqual([])
})

test('a call of a fork counts in the sessions that it comes from, near and far', () => {
  expect(forkedFrom.map(scopesOf)).toEqual([['session'], ['session']])
})
