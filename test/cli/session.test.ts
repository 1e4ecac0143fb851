import { expect, test } from 'vitest'
import { call, jsonLines, scratchFolder, scriptPath, start } from './command-line.ts'

const run = (...more: readonly string[]): string[] => ['run', '--json', '--script', scriptPath, ...more]
const lastOf = (stdout: string): Record<string, unknown> => jsonLines(stdout).at(-1)!

test('a session is listed, shown, renamed, tagged, forked, given an end, and deleted', async () => {
  const cwd = scratchFolder()
  const session = (...args: readonly string[]) => call(['session', ...args], { cwd })
  expect((await session('list')).stdout).toContain('no session here yet')
  const ran = await call(run('--title', 'A beginning', '--tag', 'one,two', '--tag', 'three', 'hello'), { cwd })
  const id = String(lastOf(ran.stdout)['session_id'])

  const [listed] = jsonLines((await session('list', '--json')).stdout)
  expect(listed).toMatchObject({ id, title: 'A beginning', tags: ['one', 'two', 'three'], status: 'idle' })
  expect((await session('list')).stdout).toMatch(new RegExp(`^${id} {2}idle .* A beginning #one #two #three\\n$`))
  expect((await session('show', 'latest')).stdout).toContain('Turn 1: hello')
  const all = (await session('events', id)).stdout.trimEnd().split('\n')
  expect(all.length).toBe(lastOf(ran.stdout)['last_sequence'])
  expect(all[0]).toMatch(/^ {3}1 +\+\d\.\d\ds perdure\.run_started .*model by script/)
  const rest = await session('events', id, '--after', String(all.length - 2))
  expect(rest.stdout.trimEnd().split('\n')).toEqual(all.slice(-2))
  expect(lastOf((await session('show', id, '--json')).stdout)).toMatchObject({ turns: 1, outcome: 'completed' })

  await session('rename', id, 'Another name')
  await session('tag', id, 'four')
  expect((await session('list', '--tag', 'four')).stdout).toContain('Another name #four')
  const forked = lastOf((await session('fork', id, '--title', 'Branch', '--json')).stdout)
  expect(forked).toMatchObject({ title: 'Branch', parent: { session_id: id } })

  expect(lastOf((await session('expire', id, '3600', '--json')).stdout)).toMatchObject({ ttl_seconds: 3600 })
  expect((await session('expire', id, 'never')).stdout).toContain('never expires')
  expect((await session('delete', 'latest')).exitCode).toBe(2)
  expect((await session('delete', id)).exitCode).toBe(0)
  expect(await session('show', id)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('session_not_found') as string,
  })
})

test('two terminals share a data directory, and a third sees the events of another process as they come', async () => {
  const cwd = scratchFolder()
  const place = ['--data-dir', 'shared']
  const first = start(run(...place, '--title', 'left', 'slowly'), { cwd })
  await first.shows('session.status_running')
  const second = start(run(...place, '--title', 'right', 'hello'), { cwd })
  const id = String(
    jsonLines((await call(['session', 'list', '--json', ...place], { cwd })).stdout).find(
      ({ title }) => title === 'left',
    )!['id'],
  )
  const follower = start(['session', 'follow', id, '--json', ...place], { cwd })
  await follower.shows('perdure.run_ended')
  follower.process.kill('SIGINT')

  const [left, right, followed] = await Promise.all([first.ended, second.ended, follower.ended])
  expect(lastOf(left.stdout)).toMatchObject({ status: 'completed' })
  expect(lastOf(right.stdout)).toMatchObject({ status: 'completed', text: 'Turn 1: hello' })
  expect(followed.exitCode).toBe(130)
  expect(jsonLines(followed.stdout)).toEqual(jsonLines(left.stdout).slice(0, -1))
})
