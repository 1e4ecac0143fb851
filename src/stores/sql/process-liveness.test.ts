import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { isOwnerGone, ownerOfThisProcess } from './process-liveness.ts'

const self = ownerOfThisProcess('run-1')

it('sees that this process lives', () => {
  expect(self).toMatchObject({ processId: process.pid, runId: 'run-1' })
  expect(isOwnerGone(self)).toBe(false)
})

it('knows an ended process as gone', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'close')
  expect(isOwnerGone({ ...self, processId: child.pid! })).toBe(true)
})

it('knows a process id that was given to another process since', () => {
  expect(isOwnerGone({ ...self, startedAt: self.startedAt.replace(/[^/]+$/, '1') })).toBe(true)
})

it('judges nobody on another machine, in another container, or whose start is unknown', () => {
  expect(isOwnerGone({ ...self, host: 'elsewhere', processId: 999_999_999 })).toBe(false)
  expect(isOwnerGone({ ...self, startedAt: 'another-boot/pid:[1]/1', processId: 999_999_999 })).toBe(false)
  const unknown = self.startedAt.replace(/[^/]+$/, 'unknown')
  expect(isOwnerGone({ ...self, startedAt: unknown, processId: 999_999_999 })).toBe(false)
})
