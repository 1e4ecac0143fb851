import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { conversation } from '../../src/testing/session-store-samples.ts'
import { call, jsonLines, scratchFolder } from './command-line.ts'

test('a session of Claude Code on this machine becomes one of the list', async () => {
  const [cwd, config] = [scratchFolder(), scratchFolder()]
  const id = randomUUID()
  const project = join(config, 'projects/-work-app')
  mkdirSync(project, { recursive: true })
  const lines = conversation(id, ['Count the owls.', 'Seven.']).map((entry) => `${JSON.stringify(entry)}\n`)
  writeFileSync(join(project, `${id}.jsonl`), lines.join(''))
  const session = (...args: readonly string[]) =>
    call(['session', ...args], { cwd, env: { CLAUDE_CONFIG_DIR: config } })

  const imported = await session('import-claude', id)
  expect(imported.stdout).toMatch(new RegExp(`^sesn_\\w+ goes on from ${id}\\n.*--resume sesn_\\w+`))
  const [listed] = jsonLines((await session('list', '--json')).stdout)
  expect(listed).toMatchObject({ title: 'Count the owls.', working_directory: '/work/app', status: 'idle' })
  expect(listed!['agent_session_id']).not.toBe(id)
  const again = await session('import-claude', id, '--json')
  expect(jsonLines(again.stdout)[0]).toMatchObject({ title: 'Count the owls.' })

  const unknown = await session('import-claude', randomUUID())
  expect(unknown).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('session_not_found') as string })
  const misspelt = await session('import-claude', '../../etc/passwd')
  expect(misspelt).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('session_not_found') as string })
})
