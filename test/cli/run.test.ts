import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { call, jsonLines, scratchFolder, scriptPath, start } from './command-line.ts'

const scripted = (...more: readonly string[]): string[] => ['run', '--script', scriptPath, ...more]

test('a run for a person: who plays, what happens, what it took, how to go on; then the next turn in a new process', async () => {
  const cwd = scratchFolder()
  const first = await call(scripted('--allowed-tools', 'Bash(touch:*)', 'run a command'), { cwd })
  expect(first).toMatchObject({ exitCode: 0, stderr: '' })
  expect(first.stdout).toContain('A script plays the model')
  expect(first.stdout).toMatch(
    /A file would prove it\.\nI need a command\.\n● Bash touch asked\.txt\n {2}└ Bash: \(.+\)\nThe tool said/,
  )
  expect(first.stdout).toMatch(/✓ completed {2}1 turn · 2 model requests .* nothing spent/)
  expect(first.stdout).not.toContain('\u001B')
  expect(existsSync(join(cwd, 'asked.txt'))).toBe(true)
  const id = /perdure run --resume (sesn_\w+)/.exec(first.stdout)?.[1]

  const second = await call(scripted('--resume', 'and now?'), { cwd })
  expect(second.stdout).toContain('Turn 2: and now?')
  expect(second.stdout).toContain(`session ${id}`)
})

test('--json: the log, one event a line, and the outcome as the last line; the prompt may be piped', async () => {
  const { exitCode, stdout } = await call(scripted('--json'), { cwd: scratchFolder(), stdin: 'from the pipe\n' })
  const lines = jsonLines(stdout)
  const events = lines.slice(0, -1)
  expect(exitCode).toBe(0)
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
  expect(lines.at(-1)).toMatchObject({
    type: 'perdure.outcome',
    status: 'completed',
    exit_code: 0,
    text: 'Turn 1: from the pipe',
    last_sequence: events.length,
    cost_nano_usd: expect.stringMatching(/^\d+$/) as string,
  })
})

test('--previews adds the live text; words and a dash put the pipe behind the words; a fork leaves its parent alone', async () => {
  const cwd = scratchFolder()
  const first = await call(scripted('--json', '--previews', 'look at', '-'), { cwd, stdin: 'this' })
  const lines = jsonLines(first.stdout)
  const outcome = lines.at(-1)!
  expect(lines.filter(({ type }) => type === 'event_delta').length).toBeGreaterThan(1)
  expect(outcome['text']).toBe('Turn 1: look at\n\nthis')

  const parent = String(outcome['session_id'])
  const forked = await call(scripted('--json', '--fork', parent, 'aside'), { cwd })
  const aside = jsonLines(forked.stdout).at(-1)!
  expect(aside).toMatchObject({ status: 'completed', text: 'Turn 2: aside' })
  expect(aside['session_id']).not.toBe(parent)
  const log = await call(['session', 'events', parent, '--json'], { cwd })
  expect(jsonLines(log.stdout).length).toBe(outcome['last_sequence'])
})

test('without a key it says so, shows what it could run instead, and keeps no session', async () => {
  const cwd = scratchFolder()
  const { exitCode, stdout, stderr } = await call(['run', 'hello'], { cwd })
  expect([exitCode, stdout]).toEqual([6, ''])
  expect(stderr).toContain('credentials_missing')
  expect(stderr).toContain('perdure demo')
  expect(stderr).toMatch(/perdure run --script \S+hello\.yaml/)
  const asJson = await call(['run', '--json', 'hello'], { cwd })
  expect(jsonLines(asJson.stdout)).toEqual([
    expect.objectContaining({ type: 'perdure.outcome', status: 'not_started', exit_code: 6 }),
  ])
  expect((await call(['session', 'list', '--json'], { cwd })).stdout).toBe('')
})

test('a call that nothing allows is refused where nobody can be asked, or stops the run with 3', async () => {
  const cwd = scratchFolder()
  const refused = await call(scripted('run a command'), { cwd })
  expect(refused.exitCode).toBe(0)
  expect(refused.stdout).toContain('✗ Bash: Nobody is there to allow this')
  const stopped = await call(scripted('--approvals', 'stop', '--json', 'run a command'), { cwd })
  expect(stopped.exitCode).toBe(3)
  expect(jsonLines(stopped.stdout).at(-1)).toMatchObject({
    status: 'requires_action',
    pending: [{ tool_name: 'Bash', input: { command: 'touch asked.txt' } }],
  })
  expect(existsSync(join(cwd, 'asked.txt'))).toBe(false)
})

test('a run that fails ends with 1 and says why', async () => {
  const cwd = scratchFolder()
  const failed = await call(scripted('please break'), { cwd })
  expect(failed.exitCode).toBe(1)
  expect(failed.stdout).toContain('✗ failed')
  expect(failed.stdout).toContain('the script refuses')
})

test('a session that another process drives is refused with 5', async () => {
  const cwd = scratchFolder()
  const driving = start(scripted('--json', 'stall'), { cwd })
  await driving.shows('span.model_request_start')
  const second = await call(scripted('--resume', 'me too'), { cwd })
  expect(second.exitCode).toBe(5)
  expect(second.stderr).toContain('lease_held')
  driving.process.kill('SIGINT')
  expect((await driving.ended).exitCode).toBe(130)
})

test('a reader that leaves ends the run without a word', async () => {
  const run = start(scripted('--json', '--previews', 'slowly'), { cwd: scratchFolder() })
  await run.shows('event_delta')
  run.process.stdout.destroy()
  expect(await run.ended).toMatchObject({ exitCode: 130, stderr: '' })
})

test('--approvals stop ends with exit code 3 and the command that answers; --approve runs the call, --deny does not', async () => {
  const cwd = scratchFolder()
  const stopped = await call(scripted('--approvals', 'stop', 'run a command'), { cwd })
  expect(stopped.exitCode).toBe(3)
  const [, session, toolUse] = /perdure run --resume (sesn_\w+) --approve (sevt_\w+)/.exec(stopped.stdout)!
  const wrong = await call(scripted('--resume', session!, '--approve', toolUse!, 'with words'), { cwd })
  expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('An answer takes no prompt.') as string })
  const approved = await call(scripted('--resume', session!, '--approve', toolUse!), { cwd })
  expect(approved).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('The tool said') as string })
  expect(existsSync(join(cwd, 'asked.txt'))).toBe(true)

  const other = await call(scripted('--approvals', 'stop', '--json', 'run a command'), { cwd: scratchFolder() })
  expect(jsonLines(other.stdout).at(-1)).toMatchObject({ status: 'requires_action', exit_code: 3 })
})
