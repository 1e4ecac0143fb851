import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A new folder in each call, all removed after the tests of the file. */
export function temporaryDirectories(): () => string {
  const root = mkdtempSync(join(tmpdir(), 'perdure-stores-'))
  let count = 0
  afterAll(() => rmSync(root, { recursive: true, force: true }))
  return () => join(root, String(count++))
}
