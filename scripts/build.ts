import { spawnSync } from 'node:child_process'
import { chmodSync, rmSync } from 'node:fs'

// A file that left src must leave dist too, or it would be published.
rmSync('dist', { recursive: true, force: true })
const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' })
if (status === 0) chmodSync('dist/cli/bin.js', 0o755)
process.exitCode = status ?? 1
