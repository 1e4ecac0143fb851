import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let home: string | undefined

/**
 * Agents of the tests live in a home of their own. The shell that an agent's Bash tool starts reads the
 * profile in the home folder, and whatever that starts is slow, and not made to be killed half way.
 */
export function setup(): void {
  home = mkdtempSync(join(tmpdir(), 'perdure-home-'))
  process.env['HOME'] = home
}

export function teardown(): void {
  if (home !== undefined) rmSync(home, { recursive: true, force: true, maxRetries: 5 })
}
