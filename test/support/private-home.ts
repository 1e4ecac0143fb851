import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

let home: string | undefined

/**
 * Agents of the tests live in a home of their own. The shell that an agent's Bash tool starts reads the
 * profile in the home folder, and whatever that starts is slow, and not made to be killed half way.
 */
export function setup({ config }: TestProject): void {
  home = mkdtempSync(join(tmpdir(), 'perdure-home-'))
  process.env['HOME'] = home
  // A developer's storages are not for tests.
  for (const variable of ['DATABASE_URL', 'REDIS_URL', 'S3_ENDPOINT', 'PERDURE_S3_BUCKET']) delete process.env[variable]
  if (config.coverage.enabled) process.env['PERDURE_CHILD_COVERAGE'] = join(config.root, 'coverage/children')
}

export function teardown(): void {
  if (home !== undefined) rmSync(home, { recursive: true, force: true, maxRetries: 5 })
}
