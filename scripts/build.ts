import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, rmSync } from 'node:fs'

// A file that left src must leave dist too, or it would be published.
rmSync('dist', { recursive: true, force: true })
execFileSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' })
if (existsSync('dist/cli/bin.js')) chmodSync('dist/cli/bin.js', 0o755)
