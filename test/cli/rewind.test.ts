import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSession } from '../../src/index.ts'
import { bashTurn } from '../support/bash-turn.ts'
import { call, jsonLines, scratchFolder } from './command-line.ts'

test('a session is rewound, compared, forked with its files, and shown as a tree', { timeout: 180_000 }, async () => {
  const cwd = scratchFolder()
  const original = await createSession({ dataDirectory: join(cwd, '.perdure'), cwd })
  const { id } = original
  await bashTurn(original, 'one', "printf 'a\\nb\\n' > a.txt")
  await bashTurn(original, 'two', "printf 'a\\nc\\n' > a.txt; mkdir d; echo d > d/d.txt")
  const session = (command: string, ...args: readonly string[]) => call(['session', command, id, ...args], { cwd })
  const file = (name: string) => (existsSync(join(cwd, name)) ? readFileSync(join(cwd, name), 'utf8') : null)

  const changes = (await session('diff')).stdout
  expect(changes).toBe('M a.txt  +1 −1\nA d/d.txt  +1\n')
  const patch = (await session('diff', '--patch')).stdout
  expect(patch).toContain('--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n--- /dev/null\n+++ b/d/d.txt')
  expect(jsonLines((await session('diff', '0', '--json')).stdout)[0]).toMatchObject({
    changes: [
      { type: 'added', path: 'a.txt' },
      { type: 'added', path: 'd/d.txt' },
    ],
  })

  expect(await session('rewind')).toMatchObject({ exitCode: 2 })
  expect(await session('rewind', '--turns', '9')).toMatchObject({ exitCode: 2 })
  const back = await session('rewind', '--last-turn')
  expect(back.stdout).toMatch(
    / is back at event \d+; \d files put back in .*\nto undo: .* session rewind sesn_\w+ \d+\n$/,
  )
  expect([file('a.txt'), file('d/d.txt')]).toEqual(['a\nb\n', null])
  expect((await session('show')).stdout).toMatch(/rewound +1 time; \d+ events followed/)
  expect((await session('show', '--all')).stdout).toMatch(/1–\d+ \(left after \d+\)\n\d+–\d+, back at \d+/)
  const left = (await session('events')).stdout.split('\n').filter((line) => /^ *\d+-/.test(line))
  expect(left.join()).toContain('two')
  expect((await session('events', '--visible')).stdout).not.toContain('two')

  const undo = /session rewind \S+ (\d+)/.exec(back.stdout)![1]!
  const fork = jsonLines(
    (await session('fork', '--at', undo, '--into', 'aside', '--title', 'Aside', '--json')).stdout,
  )[0]!
  expect(fork).toMatchObject({ title: 'Aside', working_directory: join(cwd, 'aside') })
  expect(file('aside/d/d.txt')).toBe('d\n')
  const tree = (await session('tree')).stdout
  expect(tree).toMatch(
    /^sesn_\w+ .*\d+ events, 2 turns, .*\n└─ 1–\d+ \(left after \d+\)\n {3}├─ sesn_\w+ {2}Aside {2}fork at \d+/,
  )
  const nodes = jsonLines((await session('tree', '--json')).stdout)
  expect(nodes).toMatchObject([
    { id, branches: [{ first: 1 }, { parent: 0 }], turns: 2 },
    { parent: { session_id: id } },
  ])

  const only = jsonLines((await session('rewind', undo, '--conversation-only', '--json')).stdout)[0]!
  expect(only).toMatchObject({ to_sequence: Number(undo), files: null })
  expect(file('d/d.txt')).toBeNull()
})
