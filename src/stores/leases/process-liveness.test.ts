import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { isOwnerGone, ownerOfThisProcess } from './process-liveness.ts'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

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

it('sees a process that lives from another time zone and language, where only `ps` tells its start', () => {
  const folder = mkdtempSync(join(tmpdir(), 'perdure-ps-'))
  try {
    // As `ps` does, it tells the time in the words of its environment.
    writeFileSync(join(folder, 'ps'), '#!/bin/sh\necho "start in $TZ $LC_ALL"\n')
    chmodSync(join(folder, 'ps'), 0o755)
    vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH']}`)
    vi.spyOn(process, 'platform', 'get').mockReturnValue('darwin')
    vi.stubEnv('TZ', 'CET-1')
    const owner = ownerOfThisProcess('run-1')
    expect(owner.startedAt).toContain('start in')
    vi.stubEnv('TZ', 'JST-9')
    vi.stubEnv('LC_ALL', 'ja_JP.UTF-8')
    expect(isOwnerGone(owner)).toBe(false)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
