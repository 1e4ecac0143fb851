import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

it('npm run bench measures what it is asked for and says so in a table', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['bench/run.ts', 'event-log', '--quick'], {
    cwd: root,
  })
  expect(stdout).toContain('## Event log')
  expect(stdout).toMatch(/\| append of one event, alone \| .+ ms.+ ×/)
  expect(stdout).toContain('| rebuild of 1,000 events |')
})
