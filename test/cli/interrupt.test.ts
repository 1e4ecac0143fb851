import { expect, test } from 'vitest'
import { call, jsonLines, scratchFolder, scriptPath, start } from './command-line.ts'

const stall = ['run', '--script', scriptPath, 'stall']

test('Ctrl-C once ends the turn, keeps what was said, and the session goes on in a new process', async () => {
  const cwd = scratchFolder()
  const run = start(stall, { cwd })
  await run.shows('one two')
  run.process.kill('SIGINT')
  const { exitCode, stdout } = await run.ended
  expect(exitCode).toBe(130)
  expect(stdout).toContain('Interrupting the turn')
  expect(stdout).toMatch(/■ cancelled .*\nsession (sesn_\w+)\nresume {2}perdure run --resume \1/)
  const next = await call(['run', '--script', scriptPath, '--resume', 'go on'], { cwd })
  expect(next).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('✓ completed') as string })
})

test('Ctrl-C twice aborts the run', async () => {
  const cwd = scratchFolder()
  const run = start(stall, { cwd })
  await run.shows('one two')
  run.process.kill('SIGINT')
  await run.shows('Interrupting')
  run.process.kill('SIGINT')
  const { exitCode, stdout } = await run.ended
  expect(exitCode).toBe(130)
  expect(stdout).toContain('■ cancelled')
  const log = jsonLines((await call(['session', 'events', 'latest', '--json'], { cwd })).stdout)
  expect(log.at(-1)).toMatchObject({ type: 'perdure.run_ended', outcome: 'cancelled' })
})

test('a request to terminate ends the run in good order', async () => {
  const run = start([...stall, '--json'], { cwd: scratchFolder() })
  await run.shows('span.model_request_start')
  run.process.kill('SIGTERM')
  const { exitCode, stdout } = await run.ended
  expect(exitCode).toBe(130)
  expect(jsonLines(stdout).at(-1)).toMatchObject({ type: 'perdure.outcome', status: 'cancelled' })
})
